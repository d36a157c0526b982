-- The services to whose cases an employee is limited, codes with spaces between; '' is every service of their agency.
ALTER TABLE employee ADD COLUMN services TEXT NOT NULL DEFAULT '';
