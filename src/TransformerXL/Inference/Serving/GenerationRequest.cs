using TransformerXL.Inference.Sampling;
using TransformerXL.Text;
using static System.FormattableString;

namespace TransformerXL.Inference.Serving;

/// <summary>A prompt to be continued. Lengths are in tokens.</summary>
public sealed record GenerationRequest
{
    /// <summary>The text to continue. In a new session it is read after the <see cref="StartToken"/>.</summary>
    public required Prompt Prompt { get; init; }

    /// <summary>How each token is drawn.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Subtracted from the logits of every token that this continuation has written already; 0 for none.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Subtracted from the logits of a token once for each time that this continuation has written it; 0 for none.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Added to the logits of tokens, by id; minus infinity excludes a token.</summary>
    public IReadOnlyDictionary<int, double> LogitBias { get; init; } = new Dictionary<int, double>();

    /// <summary>The maximum number of tokens of each continuation; 0 reads (and scores) the prompt only; null for no maximum.</summary>
    public long? MaxTokens { get; init; } = 500;

    /// <summary>No token that ends the text is drawn before this many tokens, at most <see cref="MaxTokens"/>; stop strings end it nevertheless.</summary>
    public long MinTokens { get; init; }

    /// <summary>Sample i draws with this seed plus i, so that it can be repeated alone.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Continuations of the prompt, which is read once; each takes a place of <see cref="SchedulerOptions.MaxStreams"/>. In a conversation it must be 1.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>Strings that end the text.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Whether the stop string or the text of the stop token is given out too.</summary>
    public bool IncludesStop { get; init; }

    /// <summary>
    /// What a conversation reads after the text, for example the end of a turn (<see cref="Chat.ChatTemplate.ReplyEnd"/>). It takes the place of a stop token. Without effect outside of
    /// conversations.
    /// </summary>
    public Prompt Closing { get; init; } = Prompt.Empty;

    /// <summary>Tokens that end the text.</summary>
    public IReadOnlyList<int> StopTokens { get; init; } = [];

    /// <summary>Whether the end of text of the vocabulary ends the text; without effect where the vocabulary has none.</summary>
    public bool StopsAtEndOfText { get; init; } = true;

    /// <summary>
    /// Null: no log-probabilities. Otherwise each token carries its own log-probability and this many of the most probable tokens at its
    /// place. They are those of the model, before penalties, bias, temperature and filters.
    /// </summary>
    public int? TopLogProbabilities { get; init; }

    /// <summary>
    /// Whether the tokens of the prompt are given first, with log-probabilities equal to those of a <see cref="Scorer"/>
    /// (<see cref="TopLogProbabilities"/> says how many alternatives).
    /// </summary>
    public bool ScoresPrompt { get; init; }

    /// <summary>Whether the end of the prompt is healed; see <see cref="GenerationOptions.HealsPrompt"/>.</summary>
    public bool HealsPrompt { get; init; }

    /// <summary>Who asks: requests of different clients get fair shares. A key should be hashed before it is used as a name.</summary>
    public string Client { get; init; } = "";

    /// <summary>Time from the request to its end; null for no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The value of <c>gen_ai.operation.name</c> in metrics and traces, such as <c>text_completion</c> or <c>chat</c>.</summary>
    public string Operation { get; init; } = "text_completion";

    /// <summary>Checks every value.</summary>
    /// <param name="vocabulary">The vocabulary of the model.</param>
    /// <param name="maximumSamples">The maximum of <see cref="Samples"/>.</param>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    internal void Validate(Vocabulary vocabulary, int maximumSamples)
    {
        const double MaxPenalty = 1000;
        Require.Present("prompt", Prompt);
        Require.Present("sampling", Sampling);
        Sampling.Validate();
        Require.That(Math.Abs(PresencePenalty) <= MaxPenalty, Invariant($"presence penalty is {PresencePenalty}, but must be from -{MaxPenalty} to {MaxPenalty}"), nameof(PresencePenalty));
        Require.That(Math.Abs(FrequencyPenalty) <= MaxPenalty, Invariant($"frequency penalty is {FrequencyPenalty}, but must be from -{MaxPenalty} to {MaxPenalty}"), nameof(FrequencyPenalty));
        Require.Between("most tokens", MaxTokens ?? 0, 0, long.MaxValue, nameof(MaxTokens));
        Require.Between("least tokens", MinTokens, 0, long.MaxValue, nameof(MinTokens));
        Require.That(MinTokens <= (MaxTokens ?? long.MaxValue), $"least tokens are {MinTokens}, but must be at most the most tokens, {MaxTokens}", nameof(MinTokens));
        Require.Between("samples", Samples, 1, maximumSamples);
        Require.Listed("stop", Stop);
        _ = new StopMatcher(Stop);
        Require.Present("closing", Closing);
        Require.Present("stop tokens", StopTokens);
        Require.Present("logit bias", LogitBias);
        Require.Between("top log-probabilities", TopLogProbabilities ?? 0, 0, int.MaxValue, nameof(TopLogProbabilities));
        Require.Present("client", Client);
        Require.Present("operation", Operation);
        RequestTimeout.Check(Timeout);
        foreach (int token in StopTokens.Concat(LogitBias.Keys))
        {
            Require.That((uint)token < (uint)vocabulary.Count, $"token {token} is outside the vocabulary, which has the tokens 0 to {vocabulary.Count - 1}");
        }

        foreach ((int token, double bias) in LogitBias)
        {
            Require.That(Math.Abs(bias) <= MaxPenalty || double.IsNegativeInfinity(bias), Invariant($"the bias of token {token} is {bias}, but must be from -{MaxPenalty} to {MaxPenalty}, or minus infinity"), nameof(LogitBias));
        }

        Require.That(LogitBias.Values.Count(double.IsNegativeInfinity) < vocabulary.Count, "the logit bias excludes every token of the vocabulary", nameof(LogitBias));
    }
}
