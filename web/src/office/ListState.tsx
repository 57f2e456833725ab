import { Button, Text } from '@mantine/core';
import { Failed, Loading } from '../components/states';
import { strings } from '../strings';

interface Props {
  /** How many there are so far; undefined before the first page. */
  count: number | undefined;
  none: string;
  query: {
    error: unknown;
    refetch: () => Promise<unknown>;
    hasNextPage: boolean;
    fetchNextPage: () => Promise<unknown>;
    isFetchingNextPage: boolean;
  };
}

/** What stands below a list: that it is fetched, that it could not be, that it is empty, or how to see more. */
export function ListState({ count, none, query }: Props) {
  const { error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = query;
  if (count === undefined) return error ? <Failed error={error} retry={() => void refetch()} /> : <Loading />;
  if (count === 0) return <Text role="status">{none}</Text>;
  if (!hasNextPage) return null;
  return (
    <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
      {strings.more}
    </Button>
  );
}
