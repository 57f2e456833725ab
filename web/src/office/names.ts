import { session } from '../api/client';
import { useStore } from '../store';
import { strings } from '../strings';

const { by } = strings.office;

/** Who did something, as the one who reads it knows them. */
export function useNameOf(customer?: string): (id: string) => string {
  const me = useStore(session);
  return (id) => {
    if (id === 'system') return by.system;
    if (typeof me === 'object' && id === me.id) return by.you;
    return id === customer ? by.owner : by.user(id);
  };
}
