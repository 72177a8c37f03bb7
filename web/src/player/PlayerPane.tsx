import '@rrweb/replay/dist/style.css';
import './player.css';
import { Tabs } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useRecording } from '../api/queries';
import type { Recording, Session } from '../api/types';
import { useKeys } from '../parts/keys';
import { ProblemNote } from '../parts/ProblemNote';
import { AddressLine } from './AddressLine';
import { Controls } from './Controls';
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
import { neighbour } from './timeline';
import { EngineContext } from './usePlayback';

// The list loads this file while it is being read; so the worker is there when a session is opened.
warmUp();

interface Props {
  project: string;
  session: Session;
  /** Where to begin, milliseconds from the start; null for the beginning. */
  moment: number | null;
  /** Called when the person has come to rest at a moment, so that the address can hold it. */
  onMoment: (ms: number) => void;
  /** A link to a moment of this recording. */
  linkTo: (ms: number) => string;
  header: ReactNode;
}

/** Everything about one recording: the picture, its timeline and controls, and what happened beside it. */
export default function PlayerPane(props: Props) {
  const { project, session } = props;
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
  if (verdict.state === 'empty' || verdict.state === 'no_full_snapshot') {
    return (
      <div className="player with-side">
        <div className="player-main">
          {props.header}
          <Unplayable recording={recording.data} />
        </div>
        <aside className="side">
          <Facts session={session} />
        </aside>
      </div>
    );
  }
  return <Player key={session.id} {...props} recording={recording.data} />;
}

/** Why there is nothing to watch, and what would help. */
function Unplayable({ recording }: { recording: Recording }) {
  const empty = recording.verdict.state === 'empty';
  return (
    <div className="stage">
      <div className="stage-cover words">
        <h2>{empty ? 'No recording arrived for this session' : 'This session cannot be shown'}</h2>
        <p>{recording.verdict.message}</p>
        <p className="dim">
          {empty
            ? 'The session is known, but no page was recorded in it. If this happens often, see the refused uploads on the Setup page.'
            : 'A replay starts from a full snapshot of the page. It was never received, usually because it was larger than what the recorder could send while the page was closing, or than the upload limit.'}
        </p>
      </div>
    </div>
  );
}

function Player({
  project,
  session,
  moment,
  onMoment,
  linkTo,
  header,
  recording,
}: Props & { recording: Recording }) {
  const root = useRef<HTMLDivElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const [engine, setEngine] = useState<Engine | null>(null);
  const [page, setPage] = useState({ width: 1280, height: 720 });
  const [keys, setKeys] = useState(false);
  const [full, setFull] = useState(false);
  const first = useRef({ recording, moment, project, session: session.id });

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
  const told = useRef(moment);
  useEffect(() => {
    if (!engine || moment === null || moment === told.current) return;
    told.current = moment;
    engine.dispatch({ type: 'seek', to: moment });
  }, [engine, moment]);

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
          const to = neighbour(state.timeline, state.time, direction);
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
      <EngineContext.Provider value={engine}>
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
              <Tabs.Tab value="happened">Pages and actions</Tabs.Tab>
              <Tabs.Tab value="facts">Session</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="happened">{engine && <HappenedList />}</Tabs.Panel>
            <Tabs.Panel value="facts">
              <Facts session={session} />
            </Tabs.Panel>
          </Tabs>
        </aside>
      </EngineContext.Provider>
      <KeysHelp opened={keys} onClose={() => setKeys(false)} />
    </div>
  );
}
