import { UnstyledButton } from '@mantine/core';
import { Link } from 'react-router';
import type { TrackedEvent } from '../api/types';
import { amount, exactly, lengthInWords } from '../parts/format';
import { factsOf, valueText } from './labels';

interface Props {
  event: TrackedEvent;
  /** Where the moment of the event can be watched; absent where it is being watched. */
  watch?: string | undefined;
  /** Narrows the list to a property's value, where there is a list. */
  onProperty?: ((key: string, value: string) => void) | undefined;
}

/** Everything that is known of one event. */
export function EventDetails({ event, watch, onProperty }: Props) {
  const properties = Object.entries(event.properties).sort(([a], [b]) => a.localeCompare(b));
  return (
    <div className="event-details">
      <section aria-label="Properties">
        <h3>Properties</h3>
        {properties.length === 0 ? (
          <p className="dim">None were sent.</p>
        ) : (
          <dl>
            {properties.map(([key, value]) => {
              const text = valueText(value);
              return (
                <div key={key}>
                  <dt>{key}</dt>
                  <dd>
                    {onProperty ? (
                      <UnstyledButton
                        className="property-value"
                        title={`Only events whose ${key} is this`}
                        onClick={() => onProperty(key, text)}
                      >
                        {text}
                      </UnstyledButton>
                    ) : (
                      text
                    )}
                  </dd>
                </div>
              );
            })}
          </dl>
        )}
      </section>
      <section aria-label="Context">
        <h3>Context</h3>
        <dl>
          <div>
            <dt>Happened</dt>
            <dd>{exactly(event.at)}</dd>
          </div>
          {Date.parse(event.received_at) - Date.parse(event.at) > 60_000 && (
            <div>
              <dt>Received</dt>
              <dd>{exactly(event.received_at)}</dd>
            </div>
          )}
          {event.revenue !== null && (
            <div>
              <dt>Revenue</dt>
              <dd title={`${event.revenue} minor currency units`}>{amount(event.revenue)}</dd>
            </div>
          )}
          {event.duration_ms !== null && (
            <div>
              <dt>Length</dt>
              <dd>{lengthInWords(event.duration_ms)}</dd>
            </div>
          )}
          {factsOf(event).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
          {watch && (
            <div>
              <dt>Session</dt>
              <dd>
                <Link to={watch}>Open at this moment</Link>
              </dd>
            </div>
          )}
        </dl>
      </section>
    </div>
  );
}
