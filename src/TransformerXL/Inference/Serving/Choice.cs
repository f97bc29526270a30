using TransformerXL.Inference.Sampling;
using TransformerXL.Models;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Inference.Serving;

/// <summary>A continuation that is being written.</summary>
internal sealed class Choice
{
    private readonly GenerationRequest _request;
    private readonly IReadOnlyList<int> _endings;
    private readonly Sampler _sampler;
    private readonly WritableTokens _writable;
    private readonly TokenAdjustments _adjustments;
    private readonly ContinuationText _text;
    private readonly StopMemory? _memory;
    private readonly RandomStream _random;

    /// <param name="job">The request.</param>
    /// <param name="index">Which of its continuations.</param>
    /// <param name="session">Has read the prompt; used by nobody else.</param>
    /// <param name="sampler">Has seen the prompt; used by nobody else.</param>
    /// <param name="writable">Which tokens may follow the prompt; used by nobody else.</param>
    /// <param name="text">Goes on after the prompt.</param>
    /// <param name="memory">Keeps a stop string out of a conversation; null where the session is not used afterwards.</param>
    public Choice(GenerationJob job, int index, InferenceSession session, Sampler sampler, WritableTokens writable, ContinuationText text, StopMemory? memory)
    {
        _memory = memory;
        (Job, Index, Session, _sampler, _writable, _text) = (job, index, session, sampler, writable, text);
        (_request, _endings) = (job.Request, job.Endings);
        _adjustments = new TokenAdjustments(_request, _endings);
        _random = new RandomStream(unchecked(_request.Seed + (ulong)index));
    }

    public GenerationJob Job { get; }

    public int Index { get; }

    public InferenceSession Session { get; }

    /// <summary>The token that was drawn last and has not been read; -1 for none.</summary>
    public int Pending { get; set; } = -1;

    /// <summary>Whether its place is free again.</summary>
    public bool IsEnded { get; set; }

    /// <summary>Why it ended; null while it goes on.</summary>
    public FinishReason? Reason { get; set; }

    public long Written { get; private set; }

    /// <summary>Draws the next token.</summary>
    /// <param name="context">Working memory.</param>
    /// <param name="logits">(V); overwritten.</param>
    /// <returns>What can be given out, or null.</returns>
    public GenerationUpdate? Draw(WorkContext context, Span<float> logits)
    {
        if (_request.TopLogProbabilities is not null)
        {
            logits.CopyTo(context.RawLogits);
        }

        Pending = -1;
        int token = Next(logits);
        Pending = token;
        Written++;
        bool ends = _endings.Contains(token);
        GenerationUpdate? update = null;
        if (!ends || _request.IncludesStop)
        {
            (double? logProbability, IReadOnlyList<TokenProbability> top) = Probabilities(context, token);
            update = _text.Append(token, logProbability, top);
        }

        Remember(token, ends);
        StopToken = ends ? token : null;
        Reason = ends || _text.StopString is not null ? FinishReason.Stop
            : Written == _request.MaxTokens ? FinishReason.Length
            : null;
        return update;
    }

    /// <summary>The last update.</summary>
    public GenerationUpdate Complete() => _text.Complete() with
    {
        FinishReason = Reason,
        StopString = _text.StopString,
        StopToken = StopToken,
        Usage = Job.UsageOf(Written),
    };

    private int? StopToken { get; set; }

    /// <summary>Gives back what was kept while a stop string could begin; a conversation reads what closes the text.</summary>
    /// <returns>Tokens read.</returns>
    public int Close()
    {
        _memory?.Clear();
        ReadOnlySpan<int> closing = Job.Closing;
        for (int at = 0, max = Session.Options.MaxSegment; at < closing.Length; at += max)
        {
            Session.Advance(closing.Slice(at, Math.Min(max, closing.Length - at)), results: 1);
        }

        return closing.Length;
    }

    /// <summary>Decides whether the session reads a token that was drawn: a conversation remembers what is given out.</summary>
    private void Remember(int token, bool ends)
    {
        if (ends)
        {
            // What closes the text takes the place of the token that ended it.
            Pending = Job.KeepsSession && Job.Closing.Length > 0 && !_request.IncludesStop ? -1 : token;
        }
        else if (_text.StopString is null)
        {
            _memory?.Drawn(token, _text.LastBytes, _text.Given);
        }
        else if (_memory is not null)
        {
            Job.IsDamaged = true;
            _memory.Stopped(token, _text.LastBytes, _text.Given);
            (Pending, Job.IsDamaged) = (-1, false);
        }
    }

    private int Next(Span<float> logits)
    {
        try
        {
            _writable.Limit(logits);
            _adjustments.Apply(logits);
            int token = _sampler.Next(logits, _random.NextDouble());
            _writable.Accept(token);
            _adjustments.Note(token);
            return token;
        }
        catch (ArithmeticException exception)
        {
            throw new NotFiniteException(
                $"after {Session.Tokens} tokens there is no next one to draw: {exception.Message.TrimEnd('.')}; {WeightHealth.Describe(Session.Model)}", exception);
        }
    }

    private (double? LogProbability, IReadOnlyList<TokenProbability> Top) Probabilities(WorkContext context, int token)
    {
        if (_request.TopLogProbabilities is not { } topCount)
        {
            return (null, []);
        }

        double total = LogitRanking.LogSumExp(context.RawLogits);
        return (context.RawLogits[token] - total, context.Ranking.Top(context.RawLogits, topCount, total));
    }
}
