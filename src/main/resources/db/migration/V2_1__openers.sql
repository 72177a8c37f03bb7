-- What the Stack Auth contract gives back beside the replay: the refresh token that opened it, and each upload's own
-- browser session.
alter table session add column opener text;
comment on column session.opener is 'What opened the session: name:… or token:…, as in open_session, which forgets it when the next session opens.';

alter table chunk add column client_session text;
comment on column chunk.client_session is 'The SDK''s own session id of the upload, where it does not name the session here.';
