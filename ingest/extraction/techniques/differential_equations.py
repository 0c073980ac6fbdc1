"""Techniques for differential equations."""

from midthought.ingest.extraction.techniques.technique import Technique

DIFFERENTIAL_EQUATIONS: tuple[Technique, ...] = (
    Technique(
        name="integrating-factor",
        domain="differential_equations",
        step="multiply by an integrating factor",
        ask="How do I solve a linear first-order differential equation?",
        where="Problems with a linear differential equation of first order.",
        method=(
            "divide so that the derivative stands alone, and take the exponential of the integral of the "
            "coefficient of the unknown function as integrating factor. Multiplied by it, the left side is "
            "the derivative of a product. I integrate both sides, with a constant, and divide by the factor "
            "again. An initial value fixes the constant."
        ),
        cues=("integrating factor",),
        rank=3,
    ),
    Technique(
        name="separate-variables",
        domain="differential_equations",
        step="separate the variables and integrate",
        ask="How do I solve a differential equation whose variables can be separated?",
        where=(
            "Problems with a first-order equation in which the right side is a product of functions of each variable."
        ),
        method=(
            "bring everything with the unknown function to one side and everything with the independent "
            "variable to the other. I integrate both sides, with a single constant, and solve for the "
            "unknown function. The initial value determines the constant; constant solutions lost by "
            "dividing are added."
        ),
        cues=("separation of variables", "separable", "separate the variables"),
        work=r"\\int|(?<![a-z])ln|integrat",
        rank=3,
    ),
    Technique(
        name="characteristic-polynomial",
        domain="differential_equations",
        step="solve the characteristic equation",
        ask="How do I solve a linear differential equation with constant coefficients?",
        where="Problems about oscillators and other linear equations with constant coefficients.",
        method=(
            "replace each derivative by the corresponding power of a variable, which gives the "
            "characteristic polynomial. Its roots decide: different real roots give a sum of exponentials, a"
            " double root adds a factor of time, complex roots give damped oscillations. Critical damping is"
            " the case in which the discriminant vanishes."
        ),
        cues=("characteristic polynomial", "characteristic equation", "critical damping", "critically damped"),
        rank=3,
    ),
    Technique(
        name="undetermined-coefficients",
        domain="differential_equations",
        step="try a solution of the form of the input and match coefficients",
        ask="How do I find a particular solution for a sinusoidal or exponential input?",
        where=("Problems with a linear differential equation driven by a sinusoidal, exponential or polynomial input."),
        method=(
            "assume a solution of the same type as the input with unknown coefficients, for a sinusoid both "
            "sine and cosine if first derivatives occur. I insert it, collect equal functions, and match "
            "their coefficients, which gives a linear system. If the input solves the homogeneous equation, "
            "the response grows and resonance occurs."
        ),
        cues=(
            "particular solution",
            "undetermined coefficients",
            "plug into the differential equation",
            "substitute into the differential equation",
            "plug this into the differential equation",
            "into the differential equation",
        ),
        work=r"(?<![a-z])(?:cos|sin)|e\^",
        rank=3,
    ),
    Technique(
        name="steady-state",
        domain="differential_equations",
        step="set the time derivatives to zero",
        ask="How do I find the steady state or the time constant of a linear system?",
        where=(
            "Problems about the long-term value or the speed of response of a first-order system with constant input."
        ),
        method=(
            "use that in a steady state nothing changes any more: all time derivatives vanish, and the rest "
            "is an algebraic equation for the final value. The time constant follows from the standard form,"
            " in which the derivative has coefficient one: it is the reciprocal of the coefficient of the "
            "unknown function."
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
            "divide so that the highest derivative has coefficient one and compare with the standard form. "
            "The constant term is the square of the natural frequency; the middle coefficient is twice the "
            "damping ratio times the natural frequency. The damped frequency is the natural frequency times "
            "the root of one minus the square of the damping ratio."
        ),
        cues=("damping ratio", "natural frequency", "damped natural"),
        rank=3,
    ),
    Technique(
        name="laplace",
        domain="differential_equations",
        step="apply the Laplace transform and its shift rule",
        ask="How do I find the Laplace transform of an exponential times a sinusoid?",
        where="Problems that ask for Laplace transforms of standard functions.",
        method=(
            "start from the table entries for constants, exponentials, sine and cosine, or integrate the "
            "function against the decaying exponential. A factor that decays exponentially shifts the "
            "argument of the transform by its rate, so I replace the variable by the shifted one in the "
            "known transform. I state for which arguments the integral converges."
        ),
        cues=("laplace transform",),
        rank=3,
    ),
    Technique(
        name="euler-method",
        domain="numerical_methods",
        step="advance step by step along the slope",
        ask="How do I estimate a solution of a differential equation step by step?",
        where="Problems that ask for an approximate value of a solution by Euler's method.",
        method=(
            "write down the starting point and the step size and keep a table. In each row I compute the "
            "slope from the equation at the current point, multiply it by the step, and add this to the "
            "current value; the independent variable grows by the step. I repeat until the wanted point is "
            "reached."
        ),
        cues=("euler's method", "euler method"),
        rank=3,
    ),
)
