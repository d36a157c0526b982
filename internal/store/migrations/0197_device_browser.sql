-- Whether anybody has signed in in a browser is asked where its network has used its signatures up.
CREATE INDEX device_browser ON device (browser);
