-- Row-level security lets the reader use an index only with operators that cannot leak what they
-- see, and "ilike" is none of them. So the search for addresses runs as the tables' owner, and
-- keeps to the transaction's project itself: without one it finds nothing.
--
-- Gives the sessions with such a page, or null when so many pages match that it stopped looking.
create function sessions_with_page(pattern text, most_pages integer) returns uuid[]
  language plpgsql stable security definer
  set search_path = public, pg_temp
as $$
declare
  sessions uuid[];
  pages bigint;
begin
  -- Planned anew for each pattern: a long one wants the index, a short one a scan that stops early.
  execute
    'select coalesce(array_agg(distinct session_id), ''{}''), count(*) from ('
    '  select session_id from page where project_id = $1 and href ilike $2 limit $3'
    ') found'
    into sessions, pages
    using backspool_project(), pattern, most_pages;
  return case when pages < most_pages then sessions end;
end
$$;
revoke execute on function sessions_with_page from public;
grant execute on function sessions_with_page to backspool_reader;
