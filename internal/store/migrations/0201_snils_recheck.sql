-- The fund is asked again about a SNILS as the registers are about documents: with the document of the account, or, where there is none, at once.
UPDATE evidence SET recheck_at = COALESCE((SELECT d.recheck_at FROM evidence d WHERE d.account_id = evidence.account_id AND d.kind = 'document' AND d.ended_at IS NULL), given_at)
    WHERE kind = 'snils' AND ended_at IS NULL AND recheck_at IS NULL;
