-- No statement looks for appointments by their state alone any more; who has many of them pays for keeping the index, and a planner without
-- statistics takes it for the person's own.
DROP INDEX appointment_held;
