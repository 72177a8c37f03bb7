import { valueText } from '../events/labels';

/** What was said of a person or a group, name by name. */
export function Properties({ properties }: { properties: Record<string, unknown> }) {
  const all = Object.entries(properties).sort(([a], [b]) => a.localeCompare(b));
  if (all.length === 0) return <p className="dim">None were sent.</p>;
  return (
    <dl className="properties">
      {all.map(([key, value]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd>{valueText(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
