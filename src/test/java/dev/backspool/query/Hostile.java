package dev.backspool.query;

import java.util.List;

/** Queries whose values fail, or tell something, on every row of another project. */
public final class Hostile {

  /** Values of a row of events, each of which fails on every row of the other project. */
  private static final List<String> FAILING =
      List.of(
          "cast(e.profile_id as integer)",
          "cast(e.groups[1] as integer)",
          "coalesce(e.device_id, '0')::bigint",
          "cast(substring(coalesce(e.path, '/0'), 2, 10) as integer)",
          "cast(coalesce(e.properties ->> 'n', '0') as integer)",
          "cast(coalesce(e.profile_id, '0') as double)",
          "cast(e.device_id as decimal(10, 2))");

  /** Where a value may stand. */
  private static final List<String> PLACES =
      List.of(
          "select count(*) as n from events as e where %s >= 0",
          "select count(*) as n from events as e where e.name = 'purchase' and %s >= 0",
          "select count(*) as n from events as e where %s >= 0 and e.name = 'purchase'",
          "select count(*) as n from events as e where %s >= 0 or e.name = 'purchase'",
          "select count(*) as n from events as e where not (%s < 0)",
          "select count(*) as n from events as e where %s between 0 and 500 and e.at > now() - interval 1 day",
          "select count(*) as n from events as e where %s in (1, 2, 3)",
          "select %s as n from events as e",
          "select sum(%s) as n from events as e",
          "select max(%s) as n, e.name from events as e group by e.name",
          "select %s as n, count(*) as c from events as e group by 1",
          "select %s as n from events as e order by n desc limit 1",
          "select e.name from events as e order by %s limit 1",
          "select distinct %s as n from events as e",
          "select count(distinct %s) as n from events as e",
          "select count(*) filter (where %s >= 0) as n from events as e",
          "select e.name from events as e group by e.name having max(%s) >= 0",
          "select case when %s >= 0 then 'y' else 'n' end as n from events as e",
          "select row_number() over (order by %s) as n from events as e",
          "select sum(e.revenue) over (partition by %s) as n from events as e",
          "select e.id from events as e qualify row_number() over (partition by e.name order by %s) = 1",
          "select t.n from (select %s as n from events as e) as t where t.n >= 0",
          "with t as (select %s as n from events as e) select count(*) as c from t where n >= 0",
          "with t as (select %s as n from events as e) select count(*) as c from t as a join t as b on a.n = b.n",
          "with t as (select * from events as e where %s >= 0) select count(*) as c from t as a join t as b using (id)",
          "select count(*) as n from events as e join profiles as p on %s = cast(p.id as integer)",
          "select count(*) as n from events as e left join profiles as p on cast(p.id as integer) = 1 where %s >= 0",
          "select count(*) as n from events as e, profiles as p where %s = cast(p.email as integer) - 17",
          "select count(*) as n from events as e where %s in (select cast(id as integer) from profiles)",
          "select count(*) as n from events as e where %s > (select min(cast(email as integer)) - 100 from profiles)",
          "select %s as n from events as e union all select cast(email as integer) from profiles",
          "select count(*) as n from (select * from events as e where %s >= 0 limit 5) as t");

  /** Each value at each place. */
  public static final List<String> QUERIES =
      FAILING.stream()
          .flatMap(value -> PLACES.stream().map(place -> place.formatted(value)))
          .toList();

  private Hostile() {}
}
