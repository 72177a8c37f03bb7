import { Button, PasswordInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Navigate, useSearchParams } from 'react-router';
import { ApiProblem } from '../api/client';
import { useMe, useSignIn } from '../api/queries';
import { Logo } from '../parts/Logo';
import { safeNext } from './safeNext';

export function SignIn() {
  const [params] = useSearchParams();
  const me = useMe();
  const signIn = useSignIn();
  const [token, setToken] = useState('');
  if (me.data) return <Navigate to={safeNext(params.get('next'))} replace />;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim()) signIn.mutate(token.trim());
  };
  return (
    <main className="signin">
      <form onSubmit={submit} className="signin-form">
        <h1>
          <Logo size={28} /> Backspool
        </h1>
        <PasswordInput
          label="Admin token"
          description="Shown once, in the terminal, when the server first started."
          value={token}
          onChange={(e) => setToken(e.currentTarget.value)}
          error={signIn.error ? said(signIn.error) : null}
          autoComplete="current-password"
          autoFocus
          data-autofocus
        />
        <Button type="submit" loading={signIn.isPending} disabled={!token.trim()} fullWidth>
          Sign in
        </Button>
        <p className="dim">
          Lost it? Start the server again with <code>BACKSPOOL_ADMIN_TOKEN</code> set to a new one.
        </p>
      </form>
    </main>
  );
}

function said(error: Error): string {
  if (error instanceof ApiProblem && error.status === 429 && error.retryAfter !== null) {
    return `Too many attempts. The next one is possible in ${error.retryAfter} s.`;
  }
  return error.message;
}
