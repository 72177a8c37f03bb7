-- Full loads that began, and what is forgotten when.

alter table sync_cursor drop column load_total;
alter table sync_cursor add column has_begun boolean not null default false;
comment on column sync_cursor.has_begun is 'The sink knows of this full load: one that is added again, or restored, begins above it.';

drop index sync_key_gone;
create index sync_key_gone on sync_key (project_id, source, xid) where is_gone;

-- Deletes keys of what was deleted that no sink is to be told of any more: of a project, or, where
-- that is null, of all. A cursor that is stopped begins anew one day, from a later snapshot. What was
-- deleted after the snapshot of the cursor that is furthest behind is not looked at. There are fewer
-- than 16 sources.
create or replace function sync_forget_gone(project uuid, most integer) returns bigint
  language sql security definer
  set search_path = public, pg_temp
as $$
  with passed as (
    select noted.place
    from (select id from project union select project_id from sync_cursor) as known
    cross join generate_series(1, 16) as source (number)
    cross join lateral (
      select min(pg_snapshot_xmax(snapshot)) as oldest from sync_cursor as cursor
      where cursor.project_id = known.id and cursor.source = source.number
        and cursor.stop_reason is null
    ) as behind
    cross join lateral (
      select sync_key.ctid as place from sync_key
      where sync_key.project_id = known.id and sync_key.source = source.number and is_gone
        and xid < coalesce(oldest, '18446744073709551615')
        and not exists (
          select from sync_cursor as cursor
          where cursor.project_id = known.id and cursor.source = source.number
            and cursor.stop_reason is null
            and not pg_visible_in_snapshot(sync_key.xid, cursor.snapshot))
      limit most
    ) as noted
    where sync_forget_gone.project is null or known.id = sync_forget_gone.project
    limit most
  ), deleted as (
    delete from sync_key where ctid = any(array(select place from passed)) and is_gone returning 1
  )
  select count(*) from deleted
$$;

-- Emptying a table as a whole tells no keys: everything is loaded again.
create or replace function sync_reload() returns trigger
  language plpgsql security definer
  set search_path = public, pg_temp
as $$
begin
  update sync_cursor set
    generation = generation + 1, is_loading = true, has_begun = false, load_after = null, loaded = 0
  where source = any(string_to_array(tg_argv[0], ',')::smallint[]);
  perform pg_notify('backspool_sync', '');
  return null;
end $$;
