using System.Buffers;
using System.Text;
using TransformerXL.Inference.Sampling;
using TransformerXL.Text;

namespace TransformerXL.Inference.Serving;

/// <summary>Reads a prompt, possibly scores it, and continues it.</summary>
internal sealed class GenerationJob : Job
{
    private readonly Vocabulary _vocabulary;
    private readonly PromptTokens _prompt;
    private readonly long _unknown;
    private readonly PromptCheckpoints? _checkpoints;
    private readonly WritableTokens _writable;
    private readonly int? _last;
    private readonly int[] _closing;
    private readonly List<GenerationUpdate> _final = [];
    private List<Choice> _choices = [];
    private int _reused;
    private TokenDecoder? _promptDecoder;
    private Decoder? _promptCharacters;

    /// <param name="request">What is asked, valid.</param>
    /// <param name="vocabulary">What tokens stand for.</param>
    /// <param name="encoded">The prompt.</param>
    /// <param name="start">The start token; null in a conversation that has read something.</param>
    /// <param name="options">Chunks and checkpoints.</param>
    /// <param name="session">That of a conversation, or null.</param>
    public GenerationJob(GenerationRequest request, Vocabulary vocabulary, EncodedPrompt encoded, int? start, SchedulerOptions options, InferenceSession? session)
        : base(request.Client, request.Operation, request.MaxTokens == 0 ? 1 : request.Samples, request.Timeout, session)
    {
        (Request, _vocabulary, _unknown) = (request, vocabulary, encoded.Unknown);
        Endings = [.. request.StopTokens, .. request.StopsAtEndOfText && vocabulary.EndOfTextId is { } end ? (int[])[end] : []];
        _writable = new WritableTokens(vocabulary, request.HealsPrompt);
        int[] tokens = encoded.Tokens;
        _last = tokens.Length == 0 ? null : tokens[^1];
        if (request.HealsPrompt)
        {
            int held = Math.Min(_writable.HoldBack, tokens.Length), before = tokens.Length - held;
            tokens = tokens[..(before + _writable.End(tokens.AsSpan(before), before == 0 ? null : tokens[before - 1]))];
        }

        _prompt = new PromptTokens(tokens, start, session?.MaxChunk ?? options.Session.MaxSegment);
        _closing = session is null ? [] : request.Closing.Encode(vocabulary, continues: true).Tokens;
        PromptTokens = encoded.Tokens.Length;
        Results = new ResultStream<GenerationUpdate>(options.MaxBufferedResults, PromptTokens);
        _checkpoints = start is not null && !request.ScoresPrompt && options.PrefixMemory > 0 && session?.Learner is null
            ? new PromptCheckpoints(_prompt, request.Client, options.Session.MaxSegment)
            : null;
    }

    public GenerationRequest Request { get; }

    /// <summary>Tokens that end the text.</summary>
    public IReadOnlyList<int> Endings { get; }

    /// <summary>What a conversation reads after the text.</summary>
    public ReadOnlySpan<int> Closing => _closing;

    public ResultStream<GenerationUpdate> Results { get; }

    public override long PromptTokens { get; }

    public override long ReusedTokens => Math.Max(0, _reused - 1);

    public override long GeneratedTokens => _choices.Sum(choice => choice.Written);

    public override int NextChunk => _prompt.NextCount;

    public override bool IsFull => Results.IsFull;

    public TokenUsage UsageOf(long written) => new(PromptTokens, ReusedTokens, _unknown, written);

    public override void Begin(WorkContext context)
    {
        if (_checkpoints is not null)
        {
            _reused = _checkpoints.Resume(context.Prefixes, Session!);
            _prompt.SkipTo(_reused);
        }
    }

    public override void ReadChunk(WorkContext context)
    {
        ReadOnlySpan<int> chunk = _prompt.Next;
        bool isLast = _prompt.Read + chunk.Length == _prompt.Ids.Length;
        if (Request.ScoresPrompt)
        {
            ScoreChunk(context, chunk, isLast);
        }

        if (!Request.ScoresPrompt || isLast)
        {
            Session!.Advance(chunk, results: 1);
        }

        Learn(chunk.Length);
        ReadTokens += chunk.Length;
        _prompt.Advance();
        _prompt.Chunk = Session!.MaxChunk;
        _checkpoints?.Keep(context.Prefixes, Session!, context.Interval);
    }

    public override IReadOnlyList<Choice> Start(WorkContext context)
    {
        if (Request.MaxTokens == 0)
        {
            for (int sample = 0; sample < Request.Samples; sample++)
            {
                _final.Add(new GenerationUpdate { Choice = sample, FinishReason = FinishReason.Length, Usage = UsageOf(0) });
            }

            return [];
        }

        Sampler sampler = new(Request.Sampling, _vocabulary.Count, _vocabulary.UnknownId);
        // What lies before the window of the penalty does not matter.
        ReadOnlySpan<int> text = _prompt.Text;
        if (KeepsSession && sampler.Window > text.Length)
        {
            // What the conversation read before the prompt.
            int[] last = Session!.LastTokens(sampler.Window);
            foreach (int token in last.AsSpan(0, Math.Max(0, last.Length - text.Length)))
            {
                sampler.Observe(token);
            }
        }

        foreach (int token in text[Math.Max(0, text.Length - Request.Sampling.RepetitionWindow)..])
        {
            sampler.Observe(token);
        }

        int? before = _last ?? (KeepsSession ? Session!.LastToken : null);
        List<Choice> choices = new(Request.Samples);
        for (int sample = 0; sample < Request.Samples; sample++)
        {
            bool isLast = sample == Request.Samples - 1;
            ContinuationText continuation = new(sample, _writable.CreateDecoder(before), before, Request.Stop, Request.IncludesStop);
            StopMemory? memory = KeepsSession && Request.Stop.Count > 0 ? new StopMemory(Session!, _vocabulary, context.Pool.RentCopy, context.Pool.Return) : null;
            choices.Add(new Choice(
                this, sample, isLast ? Session! : context.Pool.RentCopy(Session!), isLast ? sampler : sampler.Fork(), _writable.Fork(), continuation, memory));
        }

        return _choices = choices;
    }

    /// <summary>A continuation ended: keeps its last update.</summary>
    public void Finish(Choice choice)
    {
        GenerationUpdate last = choice.Complete();
        if (KeepsSession)
        {
            // A conversation may have to be saved before the end of the text is reported.
            _final.Add(last);
            return;
        }

        Results.Add(last);
    }

    public override void Release(WorkContext context)
    {
        foreach (Choice choice in _choices.Where(choice => choice.Session != Session))
        {
            context.Pool.Return(choice.Session);
        }

        base.Release(context);
    }

    public override void Deliver()
    {
        // Before the end of the prompt there is no text that could have been cut short.
        bool isCut = End is JobEnd.Deadline or JobEnd.Stopped && _prompt.Read == _prompt.Ids.Length;
        if (isCut)
        {
            FinishReason reason = End == JobEnd.Deadline ? FinishReason.Deadline : FinishReason.Cancelled;
            for (int sample = _choices.Count; sample < Request.Samples; sample++)
            {
                _final.Add(new GenerationUpdate { Choice = sample, FinishReason = reason, Usage = UsageOf(0) });
            }
        }

        // A conversation that could not be saved goes back to what was saved, so that its text has not ended.
        bool hasLast = Fault is null && (isCut || End == JobEnd.Complete);
        foreach (GenerationUpdate update in hasLast ? _final : [])
        {
            Results.Add(update);
        }

        Results.Complete(hasLast ? null : Fault ?? EndAsException());
    }

    /// <summary>
    /// Scores as a <see cref="Scorer"/> does, which never reads the last token: the last chunk is read once without it for the scores, and once with it
    /// for the continuation.
    /// </summary>
    private void ScoreChunk(WorkContext context, ReadOnlySpan<int> chunk, bool isLast)
    {
        List<TokenResult> scores = new(chunk.Length);
        int topCount = Request.TopLogProbabilities ?? 0;
        _promptDecoder ??= _vocabulary.CreateDecoder();
        if (_prompt.Read == 0 && !_prompt.IsNew)
        {
            ChunkScores.After(context, Session!, chunk[..1], topCount, Take);
        }

        if (!isLast)
        {
            Session!.Advance(chunk);
            ChunkScores.After(context, Session, _prompt.Ids.Slice(_prompt.Read + 1, chunk.Length), topCount, Take);
        }
        else if (chunk.Length > 1)
        {
            InferenceSession scoring = context.Pool.RentCopy(Session!);
            scoring.Advance(chunk[..^1]);
            ChunkScores.After(context, scoring, chunk[1..], topCount, Take);
            context.Pool.Return(scoring);
        }

        if (scores.Count > 0)
        {
            byte[] bytes = [.. scores.SelectMany(score => score.Bytes.ToArray())];
            char[] text = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
            _promptCharacters ??= Encoding.UTF8.GetDecoder();
            Results.Add(new GenerationUpdate { IsPrompt = true, Text = new string(text, 0, _promptCharacters.GetChars(bytes, text, flush: isLast)), Bytes = bytes, Tokens = scores });
        }

        void Take(int id, float nll, IReadOnlyList<TokenProbability> top)
        {
            ArrayBufferWriter<byte> bytes = new();
            _promptDecoder!.Append(id, bytes);
            scores.Add(new TokenResult(id, bytes.WrittenSpan.ToArray(), -(double)nll, top));
        }
    }
}
