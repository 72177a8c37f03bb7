import { Button, Checkbox, Group, Modal, PasswordInput, Radio, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useState } from 'react';
import { ApiProblem } from '../api/client';
import { type NewSink, useAddSink, useSinkKinds, useTestSink } from '../api/sync';
import { kindOf, placeOf } from './words';

const EXAMPLES: Record<string, string> = {
  postgres: 'postgresql://user:password@host:5432/name',
  clickhouse: 'https://user:password@host:8443/name',
};

const NEW: NewSink = { kind: 'postgres', name: '', connection: '', required: false };

interface Props {
  project: string;
  opened: boolean;
  onClose: () => void;
}

/** Asks where rows are to be copied to. It is tried before it is kept, and never shown again. */
export function AddSink({ project, opened, onClose }: Props) {
  const [sink, setSink] = useState(NEW);
  const kinds = useSinkKinds(project, opened).data ?? ['postgres'];
  const add = useAddSink(project);
  const test = useTestSink(project);
  const busy = add.isPending || test.isPending;
  const failure = add.error ?? test.error;
  const problem = failure instanceof ApiProblem ? failure : null;
  const refused = problem?.field('connection') ?? (problem?.errors.length === 0 ? problem.message : null);
  const set = (change: Partial<NewSink>) => {
    setSink({ ...sink, ...change });
    if (!('name' in change)) {
      add.reset();
      test.reset();
    }
  };
  const close = () => {
    onClose();
    setSink(NEW);
    add.reset();
    test.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    test.reset();
    add.mutate(
      { ...sink, name: sink.name.trim(), connection: sink.connection.trim() },
      {
        onSuccess: () => {
          close();
          notifications.show({ message: 'Added: everything there is is being copied' });
        },
      },
    );
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title="Add a database"
      centered
      closeOnClickOutside={!busy}
      closeOnEscape={!busy}
    >
      <form onSubmit={submit} className="add-sink">
        {kinds.length > 1 && (
          <Radio.Group label="Kind" value={sink.kind} onChange={(kind) => set({ kind })}>
            <Group gap="md" mt={4}>
              {kinds.map((kind) => (
                <Radio key={kind} value={kind} label={kindOf(kind)} />
              ))}
            </Group>
          </Radio.Group>
        )}
        <TextInput
          label="Name"
          placeholder="Warehouse"
          value={sink.name}
          onChange={(e) => set({ name: e.currentTarget.value })}
          error={problem?.field('name')}
          maxLength={120}
          data-autofocus
        />
        <PasswordInput
          label="Connection"
          description={`${kindOf(sink.kind)}, such as ${EXAMPLES[sink.kind] ?? 'its address'}. Kept encrypted, and never shown again.`}
          value={sink.connection}
          onChange={(e) => set({ connection: e.currentTarget.value })}
          error={refused}
          aria-invalid={refused ? true : undefined}
          autoComplete="off"
          spellCheck={false}
        />
        <Checkbox
          label="Keep events here until this database has them"
          description="However long it is away. Without this, events that have expired go all the same."
          checked={sink.required}
          onChange={(e) => set({ required: e.currentTarget.checked })}
        />
        {test.data && (
          <p className="good" role="status">
            It works: {test.data.address ? placeOf(test.data.address) : 'it answers'}
          </p>
        )}
        <Group justify="space-between" mt="xs">
          <Button
            variant="default"
            loading={test.isPending}
            disabled={!sink.connection.trim() || add.isPending}
            onClick={() => {
              add.reset();
              test.mutate({ kind: sink.kind, connection: sink.connection.trim() });
            }}
          >
            Try it
          </Button>
          <Group gap="xs">
            <Button variant="default" onClick={close} disabled={busy}>
              Cancel
            </Button>
            <Button
              type="submit"
              loading={add.isPending}
              disabled={!sink.name.trim() || !sink.connection.trim() || test.isPending}
            >
              Add
            </Button>
          </Group>
        </Group>
      </form>
    </Modal>
  );
}
