import '@rrweb/replay/dist/style.css';
import './player.css';
import { Button, Tabs } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import { useSessionEvents } from '../api/events';
import { useRecording } from '../api/queries';
import type { Recording, Session, TrackedEvent } from '../api/types';
import { count } from '../parts/format';
import { useKeys } from '../parts/keys';
import { ProblemNote } from '../parts/ProblemNote';
import { AddressLine } from './AddressLine';
import { Controls } from './Controls';
import { EventsOnly } from './EventsOnly';
import { Engine } from './engine';
import { Facts } from './Facts';
import { warmUp } from './frameStore';
import { HappenedList } from './HappenedList';
import { KeysHelp } from './KeysHelp';
import { LIVE_LEAD, SPEEDS } from './playback';
import { Stage, StageNotes } from './Stage';
import { readSettings, writeSettings } from './settings';
import { TabStrip } from './TabStrip';
import { TimelineBar } from './TimelineBar';
import { TrackedList } from './TrackedList';
import { neighbour } from './timeline';
import { place, type Tracked, TrackedContext } from './tracked';
import { EngineContext } from './usePlayback';

// The list loads this file while it is being read; so the worker is there when a session is opened.
warmUp();

interface Props {
  project: string;
  session: Session;
  /** Where to begin, milliseconds from the start; null for the beginning. */
  moment: number | null;
  /** Or a moment by the clock, epoch ms, as links from an event have it. */
  clockMoment: number | null;
  /** Called when the person has come to rest at a moment, so that the address can hold it. */
  onMoment: (ms: number) => void;
  /** A link to a moment of this recording. */
  linkTo: (ms: number) => string;
  header: ReactNode;
}

/** Everything about one session: its recording where there is one, else its events. */
export default function PlayerPane(props: Props) {
  const { project, session } = props;
  const events = useSessionEvents(project, session.id, session.live);
  const { events: known = NO_EVENTS, complete = true } = events.data ?? {};
  if (session.has_recording) return <Recorded {...props} events={known} complete={complete} />;
  if (events.isError && !events.data) {
    return (
      <div className="player">
        {props.header}
        <ProblemNote error={events.error} onRetry={() => events.refetch()} />
      </div>
    );
  }
  if (!events.data) {
    return (
      <div className="player" aria-busy="true">
        {props.header}
      </div>
    );
  }
  return <EventsOnly {...props} events={known} complete={complete} why={<NotRecorded project={project} />} />;
}

const NO_EVENTS: TrackedEvent[] = [];

type RecordedProps = Props & { events: TrackedEvent[]; complete: boolean };

/** A session that was recorded: the picture, or why there is none. */
function Recorded(props: RecordedProps) {
  const { project, session, events } = props;
  const recording = useRecording(project, session.id);
  if (recording.isError && !recording.data) {
    return (
      <div className="player">
        {props.header}
        <ProblemNote error={recording.error} onRetry={() => recording.refetch()} />
      </div>
    );
  }
  if (!recording.data) {
    return (
      <div className="player" aria-busy="true">
        {props.header}
        <div className="stage skeleton" />
        <div className="timeline" />
        <div className="controls" />
      </div>
    );
  }
  const { verdict } = recording.data;
  if (verdict.state !== 'playable' && verdict.state !== 'gaps') {
    const why = <Unplayable recording={recording.data} onRetry={() => recording.refetch()} />;
    if (events.length > 0) return <EventsOnly {...props} why={why} />;
    return (
      <div className="player with-side">
        <div className="player-main">
          {props.header}
          <div className="stage">
            <div className="stage-cover words">{why}</div>
          </div>
        </div>
        <aside className="side">
          <Facts project={project} session={session} />
        </aside>
      </div>
    );
  }
  return <Player key={session.id} {...props} recording={recording.data} />;
}

/** Why a session that only events tell of cannot be watched. */
function NotRecorded({ project }: { project: string }) {
  return (
    <p>
      This session has no recording: its events came from a page or a program that does not record. Recording
      is an option of the SDK. <Link to={`/p/${project}/setup/openpanel`}>How to turn it on</Link>
    </p>
  );
}

const UNPLAYABLE = {
  empty: {
    title: 'Nothing is left of this recording',
    help: 'It was recorded, but what was stored of it is no longer there.',
  },
  no_full_snapshot: {
    title: 'This session cannot be shown',
    help: 'A replay starts from a full snapshot of the page. It was never received, usually because it was larger than what the recorder could send while the page was closing, or than the upload limit.',
  },
  unavailable: {
    title: 'The archive does not answer',
    help: 'The recording is shown as soon as it does; it is asked every few seconds.',
  },
};

/** Why there is nothing to watch, and what would help. */
function Unplayable({ recording, onRetry }: { recording: Recording; onRetry: () => void }) {
  const { state, message } = recording.verdict;
  if (state === 'playable' || state === 'gaps') return null;
  // A snapshot that was stored and lost was received.
  const lost = recording.gaps.some((g) => g.reason !== 'no_full_snapshot');
  const { title, help } = UNPLAYABLE[state];
  return (
    <>
      <h2>{title}</h2>
      <p>{message}</p>
      {!(state === 'no_full_snapshot' && lost) && <p className="dim">{help}</p>}
      {state === 'unavailable' && (
        <Button size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </>
  );
}

function Player({
  project,
  session,
  events,
  moment,
  clockMoment,
  onMoment,
  linkTo,
  header,
  recording,
}: RecordedProps & { recording: Recording }) {
  const root = useRef<HTMLDivElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const [engine, setEngine] = useState<Engine | null>(null);
  const [page, setPage] = useState({ width: 1280, height: 720 });
  const [keys, setKeys] = useState(false);
  const [full, setFull] = useState(false);
  const asked = clockMoment === null ? moment : Math.max(0, clockMoment - recording.started_at_ms);
  const first = useRef({ recording, moment: asked, project, session: session.id });
  const { started_at_ms: startedAt, duration_ms: duration } = recording;
  const tracked = useMemo(() => place(events, startedAt, duration), [events, startedAt, duration]);

  useLayoutEffect(() => {
    if (!host.current) return;
    const start = first.current;
    const made = new Engine({
      recording: start.recording,
      urlOf: (n) => `/api/projects/${start.project}/sessions/${start.session}/recording/frames/${n}`,
      host: host.current,
      onResize: (width, height) => setPage({ width, height }),
      settings: {
        ...readSettings(),
        // A link names its moment and waits there; a live session is joined where it is now.
        time: start.moment ?? (start.recording.live ? start.recording.duration_ms - LIVE_LEAD : 0),
        wants: start.moment === null ? 'play' : 'pause',
      },
    });
    made.open();
    setEngine(made);
    return () => made.close();
  }, []);

  useEffect(() => {
    if (engine && recording !== first.current.recording) engine.refresh(recording);
  }, [engine, recording]);

  // A link to another moment of the recording already open.
  const told = useRef(asked);
  useEffect(() => {
    if (!engine || asked === null || asked === told.current) return;
    told.current = asked;
    engine.dispatch({ type: 'seek', to: asked });
  }, [engine, asked]);

  const report = useRef(onMoment);
  report.current = onMoment;
  useEffect(() => {
    if (!engine) return;
    let before = engine.state;
    let timer = 0;
    const stop = engine.subscribe(() => {
      const { state } = engine;
      const jumped = state.generation !== before.generation && Math.abs(state.time - before.time) > 1_000;
      const rested = state.wants === 'pause' && before.wants === 'play';
      before = state;
      if (!jumped && !rested) return;
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        told.current = Math.round(engine.state.time / 100) * 100;
        report.current(told.current);
      }, 300);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [engine]);

  useEffect(() => {
    const change = () => setFull(document.fullscreenElement === root.current);
    document.addEventListener('fullscreenchange', change);
    // A recorded page can take the focus (a dialog, an autofocus); the keys belong to the player.
    const blur = () =>
      setTimeout(() => {
        if (document.activeElement?.tagName === 'IFRAME') root.current?.focus({ preventScroll: true });
      }, 0);
    window.addEventListener('blur', blur);
    return () => {
      document.removeEventListener('fullscreenchange', change);
      window.removeEventListener('blur', blur);
    };
  }, []);

  const setSpeed = (speed: number) => {
    engine?.dispatch({ type: 'speed', speed });
    if (engine) writeSettings({ speed, skipIdle: engine.state.skipIdle });
  };
  const setSkipIdle = (on: boolean) => {
    engine?.dispatch({ type: 'skipIdle', on });
    if (engine) writeSettings({ speed: engine.state.speed, skipIdle: on });
  };
  const toggleFull = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void root.current?.requestFullscreen?.().catch(() => {});
  };
  const copy = async () => {
    if (!engine) return;
    const link = linkTo(Math.round(engine.state.time / 100) * 100);
    try {
      await navigator.clipboard.writeText(link);
      notifications.show({ message: 'Link to this moment copied' });
    } catch {
      notifications.show({ title: 'Copy this link', message: link, autoClose: false });
    }
  };

  useKeys((event) => {
    if (!engine || keys) return;
    const { state } = engine;
    const seek = (to: number) => engine.dispatch({ type: 'seek', to });
    const faster = (by: 1 | -1) => {
      const index = (SPEEDS as readonly number[]).indexOf(state.speed);
      const next = SPEEDS[Math.min(Math.max(index + by, 0), SPEEDS.length - 1)];
      if (next !== undefined) setSpeed(next);
    };
    switch (event.key) {
      case ' ':
        // On a button, space presses the button. A link does not know it, and the list has links.
        if ((event.target as HTMLElement).closest?.('button, [role="switch"], [role="tab"]')) return;
        engine.dispatch({ type: 'toggle' });
        break;
      case 'ArrowLeft':
      case 'ArrowRight': {
        const direction = event.key === 'ArrowRight' ? 1 : -1;
        if (event.shiftKey) {
          const to = neighbour(state.timeline, state.time, direction, tracked);
          if (to !== null) seek(to);
        } else {
          seek(state.time + 5_000 * direction);
        }
        break;
      }
      case '<':
        faster(-1);
        break;
      case '>':
        faster(1);
        break;
      case 's':
        setSkipIdle(!state.skipIdle);
        break;
      case 'f':
        toggleFull();
        break;
      case 'c':
        void copy();
        break;
      case '?':
        setKeys(true);
        break;
      default:
        return;
    }
    event.preventDefault();
  });

  return (
    <div className="player with-side" ref={root} tabIndex={-1}>
      <PlayerContexts engine={engine} tracked={tracked}>
        <div className="player-main">
          {header}
          {engine && <TabStrip />}
          {engine ? <AddressLine /> : <div className="addressline" />}
          <Stage host={host} page={page}>
            {engine && <StageNotes />}
          </Stage>
          {engine ? <TimelineBar /> : <div className="timeline" />}
          {engine ? (
            <Controls
              full={full}
              onFull={toggleFull}
              onCopy={copy}
              onKeys={() => setKeys(true)}
              onSpeed={setSpeed}
              onSkipIdle={setSkipIdle}
            />
          ) : (
            <div className="controls" />
          )}
        </div>
        <aside className="side" aria-label="What happened">
          <Tabs defaultValue="happened" keepMounted={false} className="side-tabs">
            <Tabs.List>
              <Tabs.Tab value="happened">Actions</Tabs.Tab>
              <Tabs.Tab value="events">
                Events{tracked.length > 0 && <span className="dim"> {count(tracked.length)}</span>}
              </Tabs.Tab>
              <Tabs.Tab value="facts">Session</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="happened">{engine && <HappenedList />}</Tabs.Panel>
            <Tabs.Panel value="events">{engine && <TrackedList />}</Tabs.Panel>
            <Tabs.Panel value="facts">
              <Facts project={project} session={session} />
            </Tabs.Panel>
          </Tabs>
        </aside>
      </PlayerContexts>
      <KeysHelp opened={keys} onClose={() => setKeys(false)} />
    </div>
  );
}

/** What the parts of the player have in common: the running engine, and the session's events. */
function PlayerContexts(props: { engine: Engine | null; tracked: readonly Tracked[]; children: ReactNode }) {
  return (
    <EngineContext.Provider value={props.engine}>
      <TrackedContext.Provider value={props.tracked}>{props.children}</TrackedContext.Provider>
    </EngineContext.Provider>
  );
}
