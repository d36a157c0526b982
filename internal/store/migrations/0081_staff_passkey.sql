-- Passkeys of employees, by which they sign in to their desks. As those of persons (0071), but sealed under the master keyset: an employee
-- is no person of the portal.
CREATE TABLE staff_passkey (
    id          TEXT        NOT NULL,
    employee_id TEXT        NOT NULL,
    handle      BYTEA       NOT NULL,
    record      BYTEA       NOT NULL,
    version     BIGINT      NOT NULL DEFAULT 1,
    made_at     TIMESTAMPTZ NOT NULL,
    used_at     TIMESTAMPTZ,
    CONSTRAINT staff_passkey_pk PRIMARY KEY (id),
    CONSTRAINT staff_passkey_employee FOREIGN KEY (employee_id) REFERENCES employee (id)
);
CREATE UNIQUE INDEX staff_passkey_handle ON staff_passkey (handle);
CREATE INDEX staff_passkey_of_employee ON staff_passkey (employee_id, made_at);
