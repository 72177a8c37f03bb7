import { Menu, UnstyledButton } from '@mantine/core';
import { IconCheck, IconChevronDown, IconPlus, IconSettings } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useProjects } from '../api/queries';

export function ProjectSwitch({ current }: { current: string | undefined }) {
  const { data: projects } = useProjects();
  const name = projects?.find((p) => p.id === current)?.name;
  return (
    <Menu position="bottom-start" shadow="sm" width={240}>
      <Menu.Target>
        <UnstyledButton className="project-switch">
          <span className="cut">{name ?? (current ? 'Project' : 'Projects')}</span>
          <IconChevronDown size={14} aria-hidden="true" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className="project-switch-list">
          {projects?.map((p) => (
            <Menu.Item
              key={p.id}
              component={Link}
              to={`/p/${p.id}/replays`}
              rightSection={p.id === current ? <IconCheck size={14} /> : null}
            >
              <span className="cut">{p.name}</span>
            </Menu.Item>
          ))}
        </div>
        {projects && projects.length > 0 && <Menu.Divider />}
        {current && (
          <Menu.Item component={Link} to={`/p/${current}/settings`} leftSection={<IconSettings size={14} />}>
            Project settings
          </Menu.Item>
        )}
        <Menu.Item component={Link} to="/projects?new=1" leftSection={<IconPlus size={14} />}>
          New project
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
