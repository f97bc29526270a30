using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using TransformerXL.Files;

namespace TransformerXL.Inference.Serving;

/// <summary>
/// The thread that does all work with the model. A turn of its loop admits requests, reads prompts up to a bound of tokens, and lets every
/// stream that writes take one step.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A late request may still set the event after the thread has ended; the finalizer frees it.")]
internal sealed partial class SchedulerThread
{
    private readonly SchedulerOptions _options;
    private readonly WorkContext _context;
    private readonly SchedulerMetrics _metrics;
    private readonly SessionBatch? _batch;
    private readonly ConcurrentQueue<Job> _arrivals = new();
    private readonly ConcurrentQueue<Action> _actions = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly ClientShares _shares = new();
    private readonly List<Job> _reading = [];
    private readonly List<Choice> _writing = [];
    private readonly List<Choice> _stepping = [];
    private readonly InferenceSession[] _sessions;
    private readonly int[] _tokens;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private int _occupied, _queued, _attention, _abort, _quit;
    private volatile int _readingCount, _writingCount;
    private long _turn, _read, _reused, _generated, _accepted, _refused, _undelivered;
    private double _serviceSeconds = 1;
    private TaskCompletionSource? _drained;

    public SchedulerThread(WorkContext context, SchedulerOptions options, SchedulerMetrics metrics)
    {
        (_context, _options, _metrics) = (context, options, metrics);
        _batch = context.Pool.HasSessions ? new SessionBatch(context.Pool.Empty, options.MaxStreams) : null;
        (_sessions, _tokens) = (new InferenceSession[options.MaxStreams], new int[options.MaxStreams]);
        Thread thread = new(Run) { IsBackground = true, Name = "TransformerXL scheduler" };
        thread.Start();
    }

    /// <summary>Is complete when the thread has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>What is done now and has been done.</summary>
    public SchedulerStatistics Statistics => new()
    {
        Queued = Volatile.Read(ref _queued),
        Reading = _readingCount,
        Writing = _writingCount,
        Requests = Volatile.Read(ref _accepted),
        Refused = Volatile.Read(ref _refused),
        TokensRead = Volatile.Read(ref _read),
        TokensReused = Volatile.Read(ref _reused),
        TokensGenerated = Volatile.Read(ref _generated),
        StateBytes = Volatile.Read(ref _occupied) * _context.Pool.SessionBytes,
        PrefixBytes = _context.Prefixes.Bytes,
    };

    /// <summary>Takes a job, unless too many wait.</summary>
    /// <exception cref="SchedulerBusyException">The queue is full.</exception>
    /// <exception cref="SchedulerStoppedException">The scheduler stops.</exception>
    public void Submit(Job job, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_drained is not null)
            {
                throw new SchedulerStoppedException("the scheduler stops and accepts no more requests");
            }

            int free = Math.Max(0, _options.MaxStreams - Volatile.Read(ref _occupied)), waiting = Volatile.Read(ref _queued);
            if (waiting >= _options.MaxQueued + free)
            {
                _refused++;
                _metrics.Refused();
                throw new SchedulerBusyException($"{Counted.Of(waiting, "request")} {(waiting == 1 ? "waits" : "wait")} already, as many as are allowed; try again later", RetryAfter(waiting));
            }

            Interlocked.Increment(ref _queued);
            Interlocked.Increment(ref _undelivered);
            _accepted++;
        }

        _metrics.Submitted(job);
        job.Watch(Attend, _options.Clock, cancellationToken);
        _arrivals.Enqueue(job);
        Wake();
    }

    /// <summary>Accepts no more jobs; the task is complete when all are delivered.</summary>
    public Task Drain()
    {
        lock (_gate)
        {
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (Volatile.Read(ref _undelivered) == 0)
            {
                _drained.TrySetResult();
            }

            return _drained.Task;
        }
    }

    /// <summary>Every place is free again after about the mean time of a request; the queue moves on by as many.</summary>
    private TimeSpan RetryAfter(int waiting) =>
        TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling((waiting + 1) * Volatile.Read(ref _serviceSeconds) / _options.MaxStreams), 1, 300));

    /// <summary>Runs an action between two steps.</summary>
    public void Post(Action action)
    {
        _actions.Enqueue(action);
        Wake();
        if (_ended.Task.IsCompleted)
        {
            // The thread may have ended before it saw the action.
            RunActions();
        }
    }

    public void Wake() => _wake.Set();

    /// <summary>A job was asked to end.</summary>
    public void Attend()
    {
        Volatile.Write(ref _attention, 1);
        Wake();
    }

    /// <summary>Ends all jobs.</summary>
    public void Abort()
    {
        Volatile.Write(ref _abort, 1);
        Wake();
    }

    /// <summary>Ends the thread, after all jobs and actions.</summary>
    public void Quit()
    {
        Volatile.Write(ref _quit, 1);
        Abort();
    }

    private void Run()
    {
        while (true)
        {
            TakeArrivals();
            RunActions();
            EndRequested();
            Admit();
            bool worked = ReadPrompts();
            worked |= Step();
            (_readingCount, _writingCount) = (_reading.Count, _writing.Count);
            if (!worked && _arrivals.IsEmpty && _actions.IsEmpty)
            {
                if (Volatile.Read(ref _quit) != 0 && _shares.Count == 0)
                {
                    break;
                }

                _wake.WaitOne();
            }
        }

        _ended.SetResult();
        RunActions();
    }

    private void TakeArrivals()
    {
        while (_arrivals.TryDequeue(out Job? job))
        {
            job.Share = _shares.Join(job.Client);
            job.Share.Waiting.AddLast(job);
            if (job.Requested != JobEnd.None)
            {
                // It was asked to end when it could not be found yet.
                Volatile.Write(ref _attention, 1);
            }
        }
    }

    private void RunActions()
    {
        while (_actions.TryDequeue(out Action? action))
        {
            action();
        }
    }

    /// <summary>Ends the jobs that were asked to, whose clients have left or whose time ran out.</summary>
    private void EndRequested()
    {
        bool abort = Volatile.Read(ref _abort) != 0;
        if (Interlocked.Exchange(ref _attention, 0) == 0 && !abort)
        {
            return;
        }

        List<Job> ending = [];
        foreach (ClientShares.Client client in _shares.All)
        {
            ending.AddRange(client.Waiting);
        }

        ending.AddRange(_reading);
        ending.AddRange(_writing.Select(choice => choice.Job).Distinct());
        foreach (Job job in ending)
        {
            JobEnd end = job.Requested is not JobEnd.None ? job.Requested : abort ? JobEnd.Stopped : JobEnd.None;
            if (end != JobEnd.None && job.End == JobEnd.None)
            {
                End(job, end, null);
            }
        }
    }

    private void Admit()
    {
        while (_occupied < _options.MaxStreams && _shares.NextWaiting(_options.MaxStreamsPerClient ?? _options.MaxStreams) is { } client)
        {
            Job job = client.Waiting.First!.Value;
            if (_occupied + job.Places > _options.MaxStreams)
            {
                // Nobody passes it by, or it would wait for ever.
                return;
            }

            client.Waiting.RemoveFirst();
            // In this order a request that comes meanwhile counts the job at most once.
            Interlocked.Decrement(ref _queued);
            Occupy(job, job.Places);
            _metrics.Admitted(job);
            _reading.Add(job);
            Guarded(job, () =>
            {
                job.Session ??= job.NeedsSession ? _context.Pool.Rent() : null;
                job.Begin(_context);
                _reused += job.ReusedTokens;
                StartIfRead(job);
            });
        }
    }

    /// <summary>Reads chunks of prompts, those of the least served clients first, until the bound is reached.</summary>
    private bool ReadPrompts()
    {
        int read = 0;
        while (_reading.Count > 0)
        {
            Job? next = null;
            foreach (Job job in _reading)
            {
                if (!job.IsFull && (next is null || IsBefore(job, next)))
                {
                    next = job;
                }
            }

            if (next is null || (read > 0 && read + next.NextChunk > _options.PromptTokensPerStep))
            {
                break;
            }

            int count = next.NextChunk;
            read += count;
            next.LastTurn = ++_turn;
            Guarded(next, () =>
            {
                next.ReadChunk(_context);
                _read += count;
                ClientShares.Charge(next.Share!, count, 0);
                StartIfRead(next);
            });
            if (read >= _options.PromptTokensPerStep || next.Session?.Learner is not null || Volatile.Read(ref _attention) != 0)
            {
                break;
            }
        }

        if (read > 0)
        {
            _options.Observer?.Invoke(read, 0);
        }

        return read > 0;
    }

    private static bool IsBefore(Job job, Job other) => job.Share!.Served != other.Share!.Served
        ? job.Share.Served < other.Share.Served
        : job.LastTurn < other.LastTurn;

    /// <summary>When the prompt has been read, the continuations begin, or the job is complete.</summary>
    private void StartIfRead(Job job)
    {
        if (job.NextChunk > 0)
        {
            return;
        }

        IReadOnlyList<Choice> choices = job.Start(_context);
        _reading.Remove(job);
        _writing.AddRange(choices);
        if (choices.Count == 0)
        {
            Occupy(job, -job.Places);
            Finish(job, JobEnd.Complete, null);
        }
    }

    private void Guarded(Job job, Action work)
    {
        try
        {
            work();
        }
        catch (Exception fault)
        {
            job.IsDamaged = fault is not NotFiniteException;
            Fail(job, fault);
        }
    }

    /// <summary>Ends a job that failed. The weights of a session that learns are its own: it goes back to what was saved where they have become useless.</summary>
    private void Fail(Job job, Exception fault)
    {
        if (fault is NotFiniteException cause && job.Session?.Learner is not null)
        {
            job.IsDamaged = true;
            fault = LearningDivergedException.Of(cause);
        }

        End(job, JobEnd.Failed, fault);
    }
}
