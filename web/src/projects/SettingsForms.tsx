import { Button, Group, NumberInput, Switch, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useState } from 'react';
import { ApiProblem } from '../api/client';
import { useChangeProject } from '../api/queries';
import type { Project, ProjectChange } from '../api/types';
import { parseLines, parseOrigins } from './origins';

/** One saved change, with the server's answer in words. */
function useSave(project: Project) {
  const change = useChangeProject(project.id);
  const problem = change.error instanceof ApiProblem ? change.error : null;
  return {
    pending: change.isPending,
    save: (body: ProjectChange) =>
      change.mutate(body, { onSuccess: () => notifications.show({ message: 'Saved' }) }),
    /** What was said about a field; the whole answer for the first field when it names none. */
    error: (field: string, first = false) =>
      problem?.field(field) ?? (first && problem && problem.errors.length === 0 ? problem.message : null),
  };
}

export function NameForm({ project }: { project: Project }) {
  const [name, setName] = useState(project.name);
  const { pending, save, error } = useSave(project);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save({ name: name.trim() });
  };
  return (
    <form className="settings" onSubmit={submit}>
      <TextInput
        label="Name"
        value={name}
        onChange={(e) => setName(e.currentTarget.value)}
        error={error('name', true)}
        maxLength={100}
      />
      <Button
        type="submit"
        variant="default"
        loading={pending}
        disabled={!name.trim() || name.trim() === project.name}
        mt="xs"
      >
        Rename
      </Button>
    </form>
  );
}

export function OriginsForm({ project }: { project: Project }) {
  const [text, setText] = useState(project.allowed_origins.join('\n'));
  const { pending, save, error } = useSave(project);
  const origins = parseOrigins(text);
  const changed = origins.join('\n') !== project.allowed_origins.join('\n');
  return (
    <form
      className="settings"
      onSubmit={(e) => {
        e.preventDefault();
        save({ allowed_origins: origins });
      }}
    >
      <h2>Allowed origins</h2>
      <Textarea
        label="Origins that may send recordings"
        description="One per line. A star stands for one or more names in front: https://*.example.com. Empty: every origin."
        placeholder="https://shop.example.com"
        autosize
        minRows={2}
        maxRows={10}
        value={text}
        onChange={(e) => setText(e.currentTarget.value)}
        error={error('allowed_origins', true)}
      />
      <Button type="submit" variant="default" loading={pending} disabled={!changed} mt="xs">
        Save origins
      </Button>
    </form>
  );
}

export function RulesForm({ project }: { project: Project }) {
  const [jwks, setJwks] = useState(project.jwks_url ?? '');
  const [quota, setQuota] = useState<number | string>(project.daily_quota_mb ?? '');
  const [rate, setRate] = useState<number | string>(project.requests_per_minute ?? '');
  const { pending, save, error } = useSave(project);
  const next: ProjectChange = {
    jwks_url: jwks.trim() || null,
    daily_quota_mb: typeof quota === 'number' ? quota : null,
    requests_per_minute: typeof rate === 'number' ? rate : null,
  };
  const changed =
    next.jwks_url !== project.jwks_url ||
    next.daily_quota_mb !== project.daily_quota_mb ||
    next.requests_per_minute !== project.requests_per_minute;
  return (
    <form
      className="settings"
      onSubmit={(e) => {
        e.preventDefault();
        save(next);
      }}
    >
      <h2>Sign-in tokens and limits</h2>
      <TextInput
        label="JWKS address"
        description="Where the keys that sign your users' access tokens are published. Used by Stack Auth uploads; without it their tokens are not read."
        placeholder="https://auth.example.com/.well-known/jwks.json"
        value={jwks}
        onChange={(e) => setJwks(e.currentTarget.value)}
        error={error('jwks_url', true)}
      />
      <Group grow align="flex-start" mt="sm" preventGrowOverflow={false} wrap="wrap">
        <NumberInput
          label="Daily quota (MB)"
          description="Recorded data a day, as sent. Empty: no limit."
          min={1}
          allowDecimal={false}
          value={quota}
          onChange={setQuota}
          error={error('daily_quota_mb')}
        />
        <NumberInput
          label="Requests a minute"
          description="Uploads with this project's keys. Empty: the server's own limit."
          min={1}
          allowDecimal={false}
          value={rate}
          onChange={setRate}
          error={error('requests_per_minute')}
        />
      </Group>
      <Button type="submit" variant="default" loading={pending} disabled={!changed} mt="sm">
        Save limits
      </Button>
    </form>
  );
}

export function EventRulesForm({ project }: { project: Project }) {
  const [revenue, setRevenue] = useState(project.allow_unsafe_revenue);
  const [ips, setIps] = useState(project.excluded_ips.join('\n'));
  const [profiles, setProfiles] = useState(project.excluded_profiles.join('\n'));
  const { pending, save, error } = useSave(project);
  const next = {
    allow_unsafe_revenue: revenue,
    excluded_ips: parseOrigins(ips),
    excluded_profiles: parseLines(profiles),
  };
  const changed =
    next.allow_unsafe_revenue !== project.allow_unsafe_revenue ||
    next.excluded_ips.join('\n') !== project.excluded_ips.join('\n') ||
    next.excluded_profiles.join('\n') !== project.excluded_profiles.join('\n');
  return (
    <form
      className="settings"
      onSubmit={(e) => {
        e.preventDefault();
        save(next);
      }}
    >
      <h2>Events</h2>
      <Switch
        label="Accept revenue without the client secret"
        description="A page cannot keep a secret, so anybody could report revenue in its name. Off: only your servers can."
        checked={revenue}
        onChange={(e) => setRevenue(e.currentTarget.checked)}
        error={error('allow_unsafe_revenue')}
      />
      <Group grow align="flex-start" mt="md" preventGrowOverflow={false} wrap="wrap">
        <Textarea
          label="Excluded addresses"
          description="IP addresses whose events are refused, such as your office's. One per line."
          placeholder="203.0.113.7"
          autosize
          minRows={2}
          maxRows={10}
          value={ips}
          onChange={(e) => setIps(e.currentTarget.value)}
          error={error('excluded_ips', true)}
        />
        <Textarea
          label="Excluded people"
          description="Ids of people whose events are refused, such as testers'. One per line."
          placeholder="tester-1"
          autosize
          minRows={2}
          maxRows={10}
          value={profiles}
          onChange={(e) => setProfiles(e.currentTarget.value)}
          error={error('excluded_profiles')}
        />
      </Group>
      <Button type="submit" variant="default" loading={pending} disabled={!changed} mt="sm">
        Save event rules
      </Button>
    </form>
  );
}
