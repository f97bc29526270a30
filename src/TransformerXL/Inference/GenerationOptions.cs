using TransformerXL.Inference.Sampling;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>How a text is written. Lengths are in tokens.</summary>
public sealed record GenerationOptions
{
    /// <summary>How each token is drawn.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Maximum number of tokens to generate; 0 for no limit.</summary>
    public long MaxTokens { get; init; } = 500;

    /// <summary>M: every token sees itself and this number of tokens before it.</summary>
    public int MemoryLength { get; init; } = 512;

    /// <summary>Distances beyond this look like this one; 0 for no limit.</summary>
    public int ClampLength { get; init; }

    /// <summary>L: the segment length of training, where positions are absolute; 0 if it is not known.</summary>
    public int SegmentLength { get; init; }

    /// <summary>Whether the model was trained with a memory; see <see cref="InferenceOptions.Recurrent"/>.</summary>
    public bool Recurrent { get; init; } = true;

    /// <summary>Of products with weights, see <see cref="InferenceOptions.Precision"/>.</summary>
    public Precision Precision { get; init; }

    /// <summary>Whether the model is used for one text and nothing else, see <see cref="InferenceOptions.OwnsModel"/>: its weights then need no second copy.</summary>
    public bool OwnsModel { get; init; }

    /// <summary>The same seed, prompt and options give the same text. Sample i has the seed plus i, so that it can be repeated alone.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Continuations of the same prompt, which is read once for all of them; each has its own draws and ends by itself.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>Strings that end the text; they are not given out.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>
    /// Whether the vocabulary's end of text (<see cref="Vocabulary.EndOfTextId"/>) ends the text; it is not given out. No effect where the
    /// vocabulary has none. If false, the model continues after it, as after any other token.
    /// </summary>
    public bool StopsAtEndOfText { get; init; } = true;

    /// <summary>Tokens that end the text instead of the vocabulary's end of text, by their names; they are not given out. Empty for none.</summary>
    public IReadOnlyList<string> StopTokens { get; init; } = [];

    /// <summary>Whether the names of special tokens in the prompt are read as any other text; see <see cref="Vocabulary.ReadingSpecialTokensAsText"/>.</summary>
    public bool SpecialTokensAsText { get; init; }

    /// <summary>
    /// Whether the end of the prompt is healed (byte pairs only): its last tokens are taken back as far as a longer token begins with them, and the first tokens written
    /// have to spell them again. So a prompt that ends with <c>http:</c> can go on with the token <c>://</c>.
    /// </summary>
    public bool HealsPrompt { get; init; }

    /// <summary>The options with the memory and clamp length of <see cref="EvaluationOptions.ForTrained"/>.</summary>
    /// <param name="training">The lengths of training.</param>
    public static GenerationOptions ForTrained(ContextConfiguration training)
    {
        InferenceOptions session = InferenceOptions.ForTrained(training);
        return new GenerationOptions
        {
            MemoryLength = session.MemoryLength,
            ClampLength = session.ClampLength,
            SegmentLength = session.SegmentLength,
            Recurrent = session.Recurrent,
        };
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.Present("sampling", Sampling);
        Sampling.Validate();
        Require.Between("most tokens", MaxTokens, 0, long.MaxValue);
        Session(1).Validate();
        Require.Between("samples", Samples, 1, 1 << 20);
        Require.Listed("stop", Stop);
        Require.Listed("stop tokens", StopTokens);
        _ = new StopMatcher(Stop);
    }

    /// <summary>The ids of the tokens that end the text.</summary>
    /// <exception cref="InputException">A stop token is not a single token of the vocabulary.</exception>
    internal IReadOnlyList<int> EndIds(Vocabulary vocabulary) =>
        StopTokens.Count > 0 ? [.. StopTokens.Select(name => StopToken.IdOf(name, vocabulary))]
        : StopsAtEndOfText && vocabulary.EndOfTextId is { } end ? [end]
        : [];

    /// <summary>The sizes of the session that writes.</summary>
    public InferenceOptions Session() => Session(Generator.PromptChunk);

    internal InferenceOptions Session(int maxSegment) => new()
    {
        MemoryLength = MemoryLength,
        ClampLength = ClampLength,
        MaxSegment = maxSegment,
        SegmentLength = SegmentLength,
        Recurrent = Recurrent,
        Precision = Precision,
        OwnsModel = OwnsModel,
    };
}
