"""Techniques for differential equations."""

from midthought.ingest.extraction.techniques.technique import Technique, both

DIFFERENTIAL_EQUATIONS: tuple[Technique, ...] = (
    Technique(
        name="integrating-factor",
        domain="differential_equations",
        step="multiply by an integrating factor",
        ask="How do I solve a linear first-order differential equation?",
        where="Problems with a linear differential equation of first order.",
        method=(
            "bring the term with the unknown function to the side of the derivative and divide so that the "
            "derivative stands alone; the sign of that term counts. The exponential of the integral of the "
            "coefficient of the unknown function is the integrating factor. Multiplied by it, that side is the "
            "derivative of the factor times the unknown function. I integrate both sides, with a constant, and "
            "divide by the factor again. An initial value fixes the constant. Inserting the result into the "
            "original equation is the check."
        ),
        cues=("integrating factor",),
        work=r"e\^|\bexp|\\mu|multiply",
        rank=3,
    ),
    Technique(
        name="separate-variables",
        domain="differential_equations",
        step="separate the variables and integrate",
        ask="How do I solve a first-order differential equation whose variables can be separated?",
        where=("Problems with a first-order equation whose right side is a product of functions of each variable."),
        method=(
            "check that the derivative is a product of a function of the independent variable and a function "
            "of the unknown; a sum of both does not separate. I bring everything with the unknown function to "
            "one side and everything with the independent variable to the other, integrate both sides, with a "
            "single constant, and solve for the unknown function. The initial value determines the constant; "
            "constant solutions lost by dividing are added. Differentiating the result is the check."
        ),
        cues=("separation of variables", "separable", "separate the variables"),
        work=r"\\int|(?<![a-z])ln",
        rank=3,
    ),
    Technique(
        name="characteristic-polynomial",
        domain="differential_equations",
        step="solve the characteristic equation",
        ask=(
            "How do I find the general solution of a homogeneous linear differential equation with constant "
            "coefficients?"
        ),
        where=("Problems about oscillators and other linear equations with constant coefficients, driven or not."),
        method=(
            "replace each derivative by the corresponding power of a variable, which gives the characteristic "
            "polynomial. Each real root gives the exponential of root times time with a free constant; every "
            "repetition of a root adds a further factor of time. A complex pair gives cosine and sine at the "
            "imaginary part as frequency, times the exponential of the real part times time: damped if the "
            "real part is negative, undamped if it vanishes, growing if it is positive. Critical damping of an "
            "oscillator is the case of a vanishing discriminant. For a driven equation I add a particular "
            "solution, and only then fit initial values."
        ),
        cues=("characteristic polynomial", "characteristic equation", "critical damping", "critically damped"),
        pitfall="Initial values are fitted to the whole solution, with the particular part included.",
        rank=3,
    ),
    Technique(
        name="undetermined-coefficients",
        domain="differential_equations",
        step="try a solution of the form of the input and match coefficients",
        ask="How do I find a particular solution for a sinusoidal or exponential input?",
        where="Problems with a linear differential equation driven by a sinusoidal, exponential or polynomial input.",
        method=(
            "assume a solution of the same type as the input with unknown coefficients, for a sinusoid both "
            "sine and cosine if odd derivatives occur. I insert it, collect equal functions, and match their "
            "coefficients, which gives a linear system. If the input itself solves the homogeneous equation, "
            "this fails: I multiply the trial by the independent variable, and the response grows (resonance). "
            "Inserting the found solution must reproduce the input."
        ),
        cues=(
            "particular solution",
            "undetermined coefficients",
            "plug into the differential equation",
            "substitute into the differential equation",
            "plug this into the differential equation",
            "into the differential equation",
        ),
        work=(
            r"(?s)\A(?!.*(?:e\^\{?\\?(?:r|s|lambda) ?t|e\^\(rt))(?=.*(?:(?<![a-z])(?:cos|sin)|e\^|"
            "constant))(?=.*(?:assume|try|guess|plug|substitut|match))"
        ),
        rank=3,
    ),
    Technique(
        name="steady-state",
        domain="differential_equations",
        step="set the time derivatives to zero",
        ask="How do I find the steady state or the time constant of a linear system?",
        where=("Problems about the long-term value or the response time of a first-order system with constant input."),
        method=(
            "use that in a steady state nothing changes any more: all time derivatives vanish, and the rest is "
            "an algebraic equation for the final value. It is approached only if the system is stable, which "
            "for first order means a positive coefficient of the unknown on the side of the derivative. The "
            "time constant follows from the standard form, in which the derivative has coefficient one: it is "
            "the reciprocal of the coefficient of the unknown function. It must have the unit of a time."
        ),
        cues=("steady state", "steady-state", "time constant"),
        rank=3,
    ),
    Technique(
        name="oscillator-parameters",
        domain="differential_equations",
        step="compare with the standard form of the damped oscillator",
        ask="How do I read the natural frequency and damping ratio off an oscillator equation?",
        where="Problems about natural frequency, damping ratio or damped frequency of a second-order system.",
        method=(
            "divide so that the highest derivative has coefficient one and compare with the standard form. The "
            "coefficient of the undifferentiated variable is the square of the natural frequency; that of the first "
            "derivative is twice the damping ratio times the natural frequency. For a ratio below one the damped "
            "frequency is the natural "
            "frequency times the root of one minus the square of the damping ratio; otherwise nothing "
            "oscillates. The damping ratio must come out without a unit, and the damped frequency below the "
            "natural one."
        ),
        cues=("damping ratio", "natural frequency", "damped natural"),
        work=both("=", r"\\zeta|ζ|zeta|damping ratio|omega_n|omega_\{n|ω_?n|omega_0"),
        rank=3,
    ),
    Technique(
        name="laplace",
        domain="differential_equations",
        step="transform the equation and solve it algebraically",
        ask=("How do I treat a linear differential equation with constant coefficients by Laplace transform?"),
        where=(
            "Problems about transfer functions, responses or time constants of linear systems, or transforms "
            "of standard functions."
        ),
        method=(
            "transform every term: a derivative becomes the transform variable times the transform of the "
            "function, minus its initial value. The equation is then algebraic, and I solve it for the "
            "transform of the unknown. With vanishing initial values, output over input is the transfer "
            "function, whose poles give decay rates and frequencies; a single real pole gives the time "
            "constant as minus its reciprocal. To go back I use partial fractions and the table; a factor that "
            "decays exponentially shifts the variable by its rate. Initial and final value check the result."
        ),
        cues=("laplace transform",),
        work=r"[a-z]\(s\)",
        rank=3,
    ),
    Technique(
        name="euler-method",
        domain="numerical_methods",
        step="advance step by step along the slope",
        ask="How do I estimate a solution of a differential equation step by step?",
        where="Problems that ask for an approximate value of a solution by Euler's method.",
        method=(
            "write down the starting point and the step size and keep a table. In each row I compute the slope "
            "from the equation at the current point, multiply it by the step, and add this to the current "
            "value; the independent variable grows by the step. I repeat until the wanted point is reached. If "
            "the slope grows along the way the estimate is too low, if it falls too high; a run with half the "
            "step shows the size of the error."
        ),
        cues=("euler's method", "euler method"),
        rank=3,
    ),
    Technique(
        name="envelope",
        domain="calculus",
        step="find the envelope of the family of curves",
        ask="How do I find the curve that all members of a family of lines or curves touch?",
        where=(
            "Problems about points that are covered by no, or by a single, member of a family of lines, "
            "segments or curves."
        ),
        method=(
            "write the family as an equation in the coordinates and a parameter. I differentiate this equation "
            "with respect to the parameter alone, with the coordinates held fixed, and solve the pair of "
            "equations for the coordinates: that is the envelope, and its points lie on a single nearby "
            "member. For a given point I may instead count the parameter values that solve the equation; a "
            "double solution marks the envelope. I check with a member whose point of contact is known."
        ),
        cues=(
            "envelope",
            "astroid",
            "family of lines",
            "family of segments",
        ),
        work="derivative|parameter|differentiat|astroid|tangent",
        rank=3,
    ),
)
