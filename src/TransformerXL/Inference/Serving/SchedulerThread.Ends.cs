namespace TransformerXL.Inference.Serving;

/// <content>The ends of jobs.</content>
internal sealed partial class SchedulerThread
{
    private void Occupy(Job job, int places)
    {
        Volatile.Write(ref _occupied, _occupied + places);
        job.Share!.Places += places;
    }

    /// <summary>A continuation is complete: its place is free.</summary>
    private void EndChoice(Choice choice)
    {
        GenerationJob job = choice.Job;
        Close(choice);
        choice.IsEnded = true;
        _writing.Remove(choice);
        Occupy(job, -1);
        if (job.End is not (JobEnd.Failed or JobEnd.Cancelled))
        {
            job.Finish(choice);
        }

        if (!_writing.Any(other => other.Job == job))
        {
            Finish(job, job.End == JobEnd.None ? JobEnd.Complete : job.End, job.Fault);
        }
    }

    private void Close(Choice choice)
    {
        GenerationJob job = choice.Job;
        if (!job.KeepsSession || job.IsDamaged)
        {
            return;
        }

        try
        {
            _read += choice.Close();
        }
        catch (Exception fault)
        {
            (job.IsDamaged, job.End, job.Fault) = (true, JobEnd.Failed, fault);
        }
    }

    /// <summary>Ends a job wherever it is. A conversation whose last token has not been read reads it in the next step.</summary>
    private void End(Job job, JobEnd end, Exception? fault)
    {
        (job.End, job.Fault) = (end, fault);
        if (job.Share!.Waiting.Remove(job))
        {
            Interlocked.Decrement(ref _queued);
            Finish(job, end, fault);
            return;
        }

        if (_reading.Remove(job))
        {
            Occupy(job, -job.Places);
            Finish(job, end, fault);
            return;
        }

        Choice[] open = [.. _writing.Where(choice => choice.Job == job)];
        foreach (Choice choice in open)
        {
            choice.Reason ??= end == JobEnd.Deadline ? FinishReason.Deadline : FinishReason.Cancelled;
            if (!job.KeepsSession || job.IsDamaged || choice.Pending < 0)
            {
                EndChoice(choice);
            }
        }
    }

    private void Finish(Job job, JobEnd end, Exception? fault)
    {
        (job.End, job.Fault) = (end, fault);
        job.StopWatching();
        if (job.IsDamaged)
        {
            job.Session = job.KeepsSession ? job.Session : null;
        }
        else
        {
            job.Release(_context);
        }

        _shares.Leave(job.Share!);
        _metrics.Finished(job);
        if (job.Admitted != 0)
        {
            Volatile.Write(ref _serviceSeconds, (0.9 * _serviceSeconds) + (0.1 * _options.Clock.GetElapsedTime(job.Admitted).TotalSeconds));
        }

        Task finishing;
        try
        {
            finishing = job.Finishing?.Invoke(job) ?? Task.CompletedTask;
        }
        catch (Exception failure)
        {
            finishing = Task.FromException(failure);
        }

        if (finishing.IsCompletedSuccessfully)
        {
            Deliver(job);
            return;
        }

        _ = finishing.ContinueWith(
            task =>
            {
                job.Fault ??= task.Exception?.InnerException;
                Deliver(job);
            },
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private void Deliver(Job job)
    {
        job.Deliver();
        lock (_gate)
        {
            if (Interlocked.Decrement(ref _undelivered) == 0)
            {
                _drained?.TrySetResult();
            }
        }
    }
}
