import { Tooltip, VisuallyHidden } from '@mantine/core';
import type { StorageDay } from '../api/types';
import { bytes, counted } from '../parts/format';

const long = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });
const short = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** Noon, so that no time zone of the reader makes it the day before. */
function noon(day: string): Date {
  return new Date(`${day}T12:00:00`);
}

/** What the last days' recordings take, a bar a day. */
export function Days({ days }: { days: StorageDay[] }) {
  const size = (day: StorageDay) => day.hot_bytes + day.archived_bytes;
  const most = Math.max(...days.map(size));
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) return null;
  return (
    <section>
      <div className="days-head">
        <h2>By day</h2>
        <span className="dim">
          <span className="swatch archived" aria-hidden="true" />
          in the archive
          <span className="swatch hot" aria-hidden="true" />
          in the database
        </span>
      </div>
      {most === 0 ? (
        <p className="dim">Nothing was recorded in the last {days.length} days.</p>
      ) : (
        <>
          <div className="days-most dim" aria-hidden="true">
            {bytes(most)}
          </div>
          <ol className="days">
            {days.map((day) => (
              <Tooltip key={day.day} label={<Words day={day} />} openDelay={100} multiline>
                <li>
                  <VisuallyHidden>
                    <Words day={day} />
                  </VisuallyHidden>
                  <span className="hot" style={{ height: share(day.hot_bytes, most) }} />
                  <span className="archived" style={{ height: share(day.archived_bytes, most) }} />
                </li>
              </Tooltip>
            ))}
          </ol>
          <div className="days-ends dim" aria-hidden="true">
            <span>{short.format(noon(first.day))}</span>
            <span>{short.format(noon(last.day))}</span>
          </div>
        </>
      )}
    </section>
  );
}

/** What is there can be seen, however little it is beside the most. */
function share(value: number, most: number): string {
  return value === 0 ? '0' : `max(2px, ${((100 * value) / most).toFixed(2)}%)`;
}

function Words({ day }: { day: StorageDay }) {
  if (day.recordings === 0) return <>{long.format(noon(day.day))}: nothing recorded</>;
  return (
    <>
      {long.format(noon(day.day))}: {counted(day.recordings, 'recording')}
      {day.archived_bytes > 0 && <>, {bytes(day.archived_bytes)} in the archive</>}
      {day.hot_bytes > 0 && <>, {bytes(day.hot_bytes)} in the database</>}; {bytes(day.raw_bytes)} as JSON
    </>
  );
}
