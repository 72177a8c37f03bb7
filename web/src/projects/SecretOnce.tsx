import { CopyButton } from '../parts/CopyButton';

/** A secret that the server keeps only as a hash. */
export function SecretOnce({ secret }: { secret: string }) {
  return (
    <div className="secret">
      <p>
        This is the project's client secret. It gives read access through the API, is stored only as a hash,
        and is <strong>shown this once</strong>. Keep it where you keep passwords.
      </p>
      <div className="secret-value">
        <code>{secret}</code>
        <CopyButton value={secret} label="Copy the secret" />
      </div>
    </div>
  );
}
