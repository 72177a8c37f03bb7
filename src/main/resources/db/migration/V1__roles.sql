-- The two roles the program acts as. They belong to the whole server, not to this database:
-- another database on the server may have made them, and may be making them at this moment.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['backspool_reader', 'backspool_writer'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      begin
        execute format('create role %I nologin', wanted);
      exception
        when duplicate_object or unique_violation then
          null; -- made by another database's migration since we looked
        when insufficient_privilege then
          raise exception using
            errcode = 'insufficient_privilege',
            message = format(
              'The role %s does not exist and %s may not create it. As an administrator run: '
              'create role backspool_reader nologin; create role backspool_writer nologin; '
              'grant backspool_reader, backspool_writer to %I',
              wanted, current_user, current_user);
      end;
    end if;

    -- From PostgreSQL 16 on, membership and the right to "set role" are two things, and the
    -- creator of a role has only the first.
    if not pg_has_role(
      current_user, wanted,
      case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)
    then
      begin
        execute format(
          'grant %I to %I %s', wanted, current_user,
          case when current_setting('server_version_num')::int >= 160000
            then 'with inherit false, set true' else '' end);
      exception
        when unique_violation then
          null; -- granted by another database's migration since we looked
        when insufficient_privilege then
          raise exception using
            errcode = 'insufficient_privilege',
            message = format(
              'The role %s exists, but %s is not a member of it. As an administrator run: '
              'grant backspool_reader, backspool_writer to %I',
              wanted, current_user, current_user);
      end;
    end if;
  end loop;
end
$$;

grant usage on schema public to backspool_reader, backspool_writer;

alter default privileges in schema public
  grant select on tables to backspool_reader;
alter default privileges in schema public
  grant select, insert, update, delete on tables to backspool_writer;
alter default privileges in schema public
  grant usage, select on sequences to backspool_writer;

-- The project of the running transaction, for the policies: null when none is set, and then no row
-- matches. A setting that was made local to an earlier transaction reads as empty, not as null.
create function backspool_project() returns uuid
  language sql stable parallel safe
  return nullif(current_setting('backspool.project', true), '')::uuid;
