import { Button, Group, Modal, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { useDeleteProject } from '../api/queries';
import type { Project } from '../api/types';
import { counted } from '../parts/format';

/** Deleting takes everything recorded with it, so it asks for the project's name. */
export function DeleteProject({ project }: { project: Project }) {
  const [opened, setOpened] = useState(false);
  const [typed, setTyped] = useState('');
  const remove = useDeleteProject(project.id);
  const navigate = useNavigate();
  const close = () => {
    setOpened(false);
    setTyped('');
    remove.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed !== project.name) return;
    remove.mutate(undefined, { onSuccess: () => navigate('/projects', { replace: true }) });
  };
  return (
    <section className="settings">
      <h2>Delete this project</h2>
      <p className="dim">
        Its keys stop working and everything recorded in it is removed. This cannot be undone.
      </p>
      <Button variant="default" c="var(--bad)" onClick={() => setOpened(true)}>
        Delete project
      </Button>
      <Modal opened={opened} onClose={close} title={`Delete ${project.name}?`} centered>
        <form onSubmit={submit}>
          <p>{counted(project.session_count, 'session')} and their recordings will be removed for good.</p>
          <TextInput
            label={
              <>
                Type <strong>{project.name}</strong> to confirm
              </>
            }
            value={typed}
            onChange={(e) => setTyped(e.currentTarget.value)}
            error={remove.error?.message}
            autoComplete="off"
            data-autofocus
          />
          <Group justify="flex-end" mt="md">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button color="red.9" type="submit" disabled={typed !== project.name} loading={remove.isPending}>
              Delete for good
            </Button>
          </Group>
        </form>
      </Modal>
    </section>
  );
}
