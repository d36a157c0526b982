-- Cases that an officer has taken, by when: those with which nothing is done go back into the queue.
CREATE INDEX application_claimed ON application (entered_at) WHERE turn = 'agency' AND officer <> '';
