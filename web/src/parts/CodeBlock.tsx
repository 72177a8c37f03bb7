import { CopyButton } from './CopyButton';

/** A piece of code to take away, exactly as it stands. */
export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className="code">
      {/* A region that scrolls must be reachable by keyboard. */}
      <section aria-label={label} tabIndex={-1}>
        <pre>
          <code>{code}</code>
        </pre>
      </section>
      <div className="code-copy">
        <CopyButton value={code} label={`Copy ${label.toLowerCase()}`} />
      </div>
    </div>
  );
}
