import { Button } from '@mantine/core';
import { Link } from 'react-router';

export function NotFound() {
  return (
    <div className="problem">
      <strong>There is no such page</strong>
      <p>The address may be from another version, or a part of it was lost on the way.</p>
      <Button size="xs" variant="default" component={Link} to="/">
        Go to the replays
      </Button>
    </div>
  );
}
