import {
  ActionIcon,
  Button,
  Group,
  Menu,
  Modal,
  PasswordInput,
  Radio,
  Stack,
  TextInput,
} from '@mantine/core';
import { notifications } from '@mantine/notifications';
import {
  IconDots,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlugConnected,
  IconRefresh,
  IconTrash,
} from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { ApiProblem } from '../api/client';
import { useChangeSink, useRemoveSink, useResync } from '../api/sync';
import type { SinkStatus } from '../api/types';

interface Props {
  sink: SinkStatus;
  /** Whose rows are told of; null is everybody's. */
  project: string | null;
}

type Asking = 'name' | 'connection' | 'resync' | 'remove' | null;

/** What can be done with a database. One of the installation's is not a project's to move or remove. */
export function SinkMenu({ sink, project }: Props) {
  const [asking, setAsking] = useState<Asking>(null);
  const pause = useChangeSink(sink);
  const own = sink.project_id !== null;
  const toggle = () =>
    pause.mutate(
      { paused: !sink.paused },
      {
        onError: (error) =>
          notifications.show({
            title: sink.paused ? 'It is still paused' : 'It was not paused',
            message: error.message,
          }),
      },
    );
  const close = () => setAsking(null);
  return (
    <div className="sink-actions">
      <Button
        size="xs"
        variant="default"
        loading={pause.isPending}
        leftSection={sink.paused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
        onClick={toggle}
      >
        {sink.paused ? 'Go on' : 'Pause'}
      </Button>
      <Menu position="bottom-end" shadow="sm" width={200}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`More for ${sink.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconRefresh size={14} />} onClick={() => setAsking('resync')}>
            Resync
          </Menu.Item>
          <Menu.Item leftSection={<IconPencil size={14} />} onClick={() => setAsking('name')}>
            Rename
          </Menu.Item>
          {own && (
            <>
              <Menu.Item
                leftSection={<IconPlugConnected size={14} />}
                onClick={() => setAsking('connection')}
              >
                Change connection
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item
                color="var(--bad)"
                leftSection={<IconTrash size={14} />}
                onClick={() => setAsking('remove')}
              >
                Remove
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {asking === 'name' && <Rename sink={sink} onClose={close} />}
      {asking === 'connection' && <Reconnect sink={sink} onClose={close} />}
      {asking === 'resync' && <Resync sink={sink} project={project} onClose={close} />}
      {asking === 'remove' && <Remove sink={sink} onClose={close} />}
    </div>
  );
}

interface DialogProps {
  sink: SinkStatus;
  onClose: () => void;
}

function Rename({ sink, onClose }: DialogProps) {
  const [name, setName] = useState(sink.name);
  const change = useChangeSink(sink);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ name: name.trim() }, { onSuccess: onClose });
  };
  return (
    <Modal opened onClose={onClose} title={`Rename ${sink.name}`} centered>
      <form onSubmit={submit}>
        <TextInput
          label="Name"
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
          error={change.error?.message}
          maxLength={120}
          data-autofocus
        />
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={change.isPending} disabled={!name.trim()}>
            Rename
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

function Reconnect({ sink, onClose }: DialogProps) {
  const [connection, setConnection] = useState('');
  const change = useChangeSink(sink);
  const problem = change.error instanceof ApiProblem ? change.error : null;
  const refused = problem?.field('connection') ?? change.error?.message;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(
      { connection: connection.trim() },
      {
        onSuccess: () => {
          onClose();
          notifications.show({ message: 'It is reached like this from now on' });
        },
      },
    );
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Change the connection of ${sink.name}`}
      centered
      closeOnClickOutside={!change.isPending}
    >
      <form onSubmit={submit}>
        <PasswordInput
          label="Connection"
          description="Tried before it is kept. Another login changes nothing there; in another place everything is loaded."
          placeholder="postgresql://user:password@host:5432/name"
          value={connection}
          onChange={(e) => setConnection(e.currentTarget.value)}
          error={refused}
          aria-invalid={refused ? true : undefined}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
        />
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose} disabled={change.isPending}>
            Cancel
          </Button>
          <Button type="submit" loading={change.isPending} disabled={!connection.trim()}>
            Change it
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

const ALL = '';

function Resync({ sink, project, onClose }: DialogProps & { project: string | null }) {
  const [mapping, setMapping] = useState(ALL);
  const resync = useResync(sink, project);
  const everybody = sink.project_id === null && project === null;
  const start = () => resync.mutate(mapping === ALL ? null : mapping, { onSuccess: onClose });
  return (
    <Modal opened onClose={onClose} title={`Resync ${sink.name}?`} centered>
      <p>
        Its tables are made what they should be and {everybody ? 'all projects' : 'everything'} loaded again.
        Until that is done it keeps showing what it has, and changes follow as ever.
      </p>
      <Radio.Group value={mapping} onChange={setMapping} label="What" mt="sm">
        <Stack gap={6} mt={6}>
          <Radio value={ALL} label="All tables" />
          {sink.mappings.map(({ mapping: one }) => (
            <Radio key={one} value={one} label={<code>{one}</code>} />
          ))}
        </Stack>
      </Radio.Group>
      {resync.isError && (
        <p className="bad" role="alert">
          {resync.error.message}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button loading={resync.isPending} onClick={start}>
          Resync
        </Button>
      </Group>
    </Modal>
  );
}

function Remove({ sink, onClose }: DialogProps) {
  const remove = useRemoveSink(sink);
  return (
    <Modal opened onClose={onClose} title={`Remove ${sink.name}?`} centered>
      <p>
        Nothing is copied there any more, and its connection is forgotten. What is there stays there;
        deletions will not reach it.
      </p>
      {remove.isError && (
        <p className="bad" role="alert">
          {remove.error.message}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button
          color="red.9"
          loading={remove.isPending}
          onClick={() => remove.mutate(undefined, { onSuccess: onClose })}
        >
          Remove
        </Button>
      </Group>
    </Modal>
  );
}
