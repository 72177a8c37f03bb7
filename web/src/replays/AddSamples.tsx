import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useAddSamples } from '../api/queries';

/** Adds the sample recordings, and keeps looking until they are there. */
export function AddSamples({ project }: { project: string }) {
  const add = useAddSamples(project);
  const client = useQueryClient();
  useEffect(() => {
    if (!add.isSuccess) return;
    const timer = setInterval(() => {
      void client.invalidateQueries({ queryKey: ['project', project] });
      void client.invalidateQueries({ queryKey: ['sessions', project] });
    }, 1_500);
    return () => clearInterval(timer);
  }, [add.isSuccess, client, project]);
  return (
    <div>
      <Button variant="default" onClick={() => add.mutate()} loading={add.isPending || add.isSuccess}>
        Add sample recordings
      </Button>
      {add.isSuccess && (
        <p className="dim" role="status">
          Importing {add.data.recordings} recordings.
        </p>
      )}
      {add.isError && (
        <p className="bad" role="alert">
          {add.error.message}
        </p>
      )}
    </div>
  );
}
