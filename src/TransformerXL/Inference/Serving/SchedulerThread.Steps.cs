using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference.Serving;

/// <content>Steps of the continuations that are being written.</content>
internal sealed partial class SchedulerThread
{
    /// <summary>Every stream that does not pause takes a step: it reads the token that it drew last, and draws the next one.</summary>
    private bool Step()
    {
        _stepping.Clear();
        int alone = 0;
        foreach (Choice choice in _writing)
        {
            if (choice.Reason is null && choice.Job.IsFull)
            {
                continue;
            }

            if (choice.Pending >= 0 && choice.Session.Learner is null)
            {
                (_sessions[_stepping.Count], _tokens[_stepping.Count]) = (choice.Session, choice.Pending);
                _stepping.Add(choice);
            }
            else
            {
                alone++;
            }
        }

        int count = _stepping.Count;
        if (count + alone == 0)
        {
            return false;
        }

        if (alone > 0)
        {
            // A first token follows from the prompt, and a session with weights of its own cannot be in a batch.
            _stepping.AddRange(_writing.Where(choice => (choice.Pending < 0 || choice.Session.Learner is not null) && (choice.Reason is not null || !choice.Job.IsFull)));
        }

        if (count > 0 && !Advance(count))
        {
            return true;
        }

        Draw(count);
        _options.Observer?.Invoke(0, _stepping.Count);
        return true;
    }

    private bool Advance(int count)
    {
        try
        {
            _batch!.Advance(_sessions.AsSpan(0, count), _tokens.AsSpan(0, count));
            return true;
        }
        catch (Exception fault)
        {
            // Some sessions may have read their token and others not.
            foreach (Job job in _stepping.Take(count).Select(choice => choice.Job).Distinct().ToArray())
            {
                job.IsDamaged = true;
                End(job, JobEnd.Failed, fault);
            }

            return false;
        }
        finally
        {
            Array.Clear(_sessions);
        }
    }

    /// <summary>A session with weights of its own reads the token that it drew last.</summary>
    private bool AdvanceAlone(Choice choice)
    {
        try
        {
            choice.Session.Advance([choice.Pending], results: 1);
            return true;
        }
        catch (Exception fault)
        {
            choice.Job.IsDamaged = true;
            End(choice.Job, JobEnd.Failed, fault);
            return false;
        }
    }

    private void Draw(int count)
    {
        Tensor logits = count > 0 ? _batch!.Logits() : default;
        for (int row = 0; row < _stepping.Count; row++)
        {
            Choice choice = _stepping[row];
            GenerationJob job = choice.Job;
            if (choice.IsEnded)
            {
                // Another continuation of the request has failed in this step.
                continue;
            }

            if (row >= count && choice.Pending >= 0 && !AdvanceAlone(choice))
            {
                continue;
            }

            if (choice.Reason is not null)
            {
                // The conversation has now read the last token.
                EndChoice(choice);
                continue;
            }

            Span<float> own = row < count ? logits.Slice(row, 1).Span : choice.Session.Logits().Span;
            try
            {
                DrawOne(choice, own);
            }
            catch (Exception fault)
            {
                Fail(job, fault);
            }
        }
    }

    private void DrawOne(Choice choice, Span<float> logits)
    {
        GenerationJob job = choice.Job;
        GenerationUpdate? update = choice.Draw(_context, logits);
        _generated++;
        ClientShares.Charge(job.Share!, 0, 1);
        _metrics.Drawn(job);
        if (update is not null)
        {
            job.Results.Add(update);
        }

        // A conversation reads the last token too, in the next step, unless that belongs to a stop string.
        if (choice.Reason is not null && (!job.KeepsSession || choice.Pending < 0))
        {
            EndChoice(choice);
        }
    }
}
