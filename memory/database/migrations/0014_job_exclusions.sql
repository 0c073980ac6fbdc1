-- Trajectories that were forgotten before a job had ended: the job was given before, so it must not store them again.
-- Ids without text. The rows of a job go when it finishes, or when its content is given again.
CREATE TABLE job_exclusions (
    namespace      TEXT NOT NULL,
    job_id         TEXT NOT NULL,
    trajectory_id  TEXT NOT NULL
);
