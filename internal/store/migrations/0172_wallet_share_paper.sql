-- Whether what is shown is a paper that the portal issued: the record of who opened it names the thing without unsealing the share.
ALTER TABLE wallet_share ADD COLUMN paper BOOLEAN NOT NULL DEFAULT FALSE;
