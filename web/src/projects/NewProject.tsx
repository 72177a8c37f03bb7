import { Button, Group, Modal, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { ApiProblem } from '../api/client';
import { useCreateProject } from '../api/queries';
import { SecretOnce } from './SecretOnce';

/** Makes a project and shows its secret, the only time it can be read. */
export function NewProject({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const create = useCreateProject();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const made = create.data;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) create.mutate(name.trim());
  };
  const close = () => {
    onClose();
    if (made) navigate(`/p/${made.id}/setup`);
    create.reset();
    setName('');
  };
  const problem = create.error instanceof ApiProblem ? create.error : null;
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={made ? `${made.name} is ready` : 'New project'}
      closeOnClickOutside={!made}
      centered
    >
      {made ? (
        <>
          <SecretOnce secret={made.client_secret} />
          <Group justify="flex-end" mt="md">
            <Button onClick={close}>Go to Setup</Button>
          </Group>
        </>
      ) : (
        <form onSubmit={submit}>
          <TextInput
            label="Name"
            placeholder="Shop"
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
            error={problem ? (problem.field('name') ?? problem.message) : null}
            data-autofocus
            maxLength={100}
          />
          <Group justify="flex-end" mt="md">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending} disabled={!name.trim()}>
              Create
            </Button>
          </Group>
        </form>
      )}
    </Modal>
  );
}
