alter table sync_cursor add column unreadable text;
comment on column sync_cursor.unreadable is 'Why it did not get on the last time, where rows or archived events could not be read; null when it did.';

-- An object may have been planned once more under the name that it is in charge by: what was
-- planned then must not keep it any longer than its row.
create or replace function doom_event_day() returns trigger
  language plpgsql security definer
  set search_path = public, pg_temp
as $$
begin
  insert into doomed_object as known (project_id, object, cold, reason, not_before)
  select project_id, object, false, 'removed', now() from gone
  on conflict (project_id, object, cold) do update set
    reason = excluded.reason,
    not_before = least(known.not_before, excluded.not_before)
  where not known.deleting;
  return null;
end $$;
