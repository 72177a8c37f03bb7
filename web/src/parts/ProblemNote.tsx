import { Button } from '@mantine/core';
import { ApiProblem } from '../api/client';

/** An error in the server's own words, with the way to try again. */
export function ProblemNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const problem = error instanceof ApiProblem ? error : null;
  return (
    <div className="problem" role="alert">
      <strong>{problem?.title ?? 'This could not be shown'}</strong>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      {onRetry && (
        <Button size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
