using System.Numerics;
using System.Text.Json.Serialization;
using TransformerXL.Labels;

namespace TransformerXL.Heads;

/// <summary>What a head predicts and how it reads the hidden states of a model: the section <c>head</c> of <c>config.json</c>.</summary>
public sealed record HeadConfiguration
{
    /// <summary>The most labels that a head may have.</summary>
    public const int MaxLabels = 100_000;

    /// <summary>The maximum of <see cref="NGrams"/>.</summary>
    public const int MaxNGrams = 5;

    /// <summary>The most characters of a word of <see cref="WholeWords"/>, and the most words.</summary>
    internal const int LongestWholeWord = 64, MaxWholeWords = 10_000;

    private const int MostNGramRows = 1 << 17, FewestNGramRows = 1 << 10, MostNGramWeights = 1 << 24, MostNGramLabels = MostNGramWeights / FewestNGramRows;

    /// <summary>What it predicts.</summary>
    public HeadKind Kind { get; init; }

    /// <summary>The labels, by their ids; empty for a number and for spans.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>How hidden states become one vector, for one prediction about a whole text.</summary>
    public HeadPooling Pooling { get; init; }

    /// <summary>
    /// Whether a linear map and an activation follow the pooling, as in XLNet with <see cref="HeadPooling.Last"/>. With <see cref="HeadPooling.First"/> they always do. For one prediction about a whole text.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Pooler { get; init; }

    /// <summary>The activation after the linear map of the pooled state, where there is one.</summary>
    public PoolerActivation PoolerActivation { get; init; }

    /// <summary>
    /// The longest n-grams of tokens of a linear model whose logits are added to those of the hidden states, which it complements where single words and phrases decide (Wang and Manning 2012); 0 for none.
    /// For one prediction about a whole text.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int NGrams { get; init; }

    /// <summary>Tokens that the model reads after a word before it predicts the label: a causal model then knows what follows. For tags only.</summary>
    public int Delay { get; init; }

    /// <summary>Which token of a word its label is read at, before the delay. For tags only.</summary>
    public PieceAlignment Alignment { get; init; }

    /// <summary>How the labels of words form spans. For tags only.</summary>
    public TagScheme Scheme { get; init; }

    /// <summary>How the labels of words depend on each other. For tags only.</summary>
    public LabelLayer LabelLayer { get; init; }

    /// <summary>
    /// How a plain text is divided into words: at white space only if null; otherwise punctuation marks at the ends of a word are words of their own, as in the training data, except those
    /// of the words in this list, such as "Mr.". For tags only.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? WholeWords { get; init; }

    /// <summary>Whether a question may have no answer. For spans only.</summary>
    public bool HasUnanswerable { get; init; }

    /// <summary>Whether it was trained on pairs of texts; null if that is not known. For one prediction about a whole text only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? HasPairs { get; init; }

    /// <summary>What a number was divided by in training, after <see cref="NumberMean"/> was taken from it. For a number only.</summary>
    public double NumberScale { get; init; } = 1;

    /// <summary>The mean of the numbers of the training. For a number only.</summary>
    public double NumberMean { get; init; }

    /// <summary>Numbers that the head computes for each token or text.</summary>
    internal int Outputs => Kind switch
    {
        HeadKind.Number => 1,
        HeadKind.Spans => 2,
        _ => Labels.Count,
    };

    /// <summary>Rows of the table that n-grams are hashed to, a power of two; 0 without n-grams.</summary>
    internal int NGramRows => NGrams == 0 ? 0 : Math.Min(MostNGramRows, 1 << BitOperations.Log2((uint)(MostNGramWeights / Math.Max(1, Outputs))));

    /// <summary>Whether a linear map and an activation follow the pooling.</summary>
    internal bool HasPooler => IsOfText && (Pooler || Pooling == HeadPooling.First);

    /// <summary>Whether there is one prediction about a whole text.</summary>
    internal bool IsOfText => Kind is HeadKind.OneLabel or HeadKind.SeveralLabels or HeadKind.Number;

    /// <summary>Why a text, with or without a second one, is not what the model was trained on; null if it is.</summary>
    internal string? FaultOfPair(bool hasSecond) => (HasPairs, hasSecond) switch
    {
        (true, false) => "the model was trained on pairs of texts, but there is no second text; name where it is, or choose a model of single texts",
        (false, true) => "the model was trained on single texts, but there is a second text; leave it out, or choose a model of pairs",
        _ => null,
    };

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside what is allowed; the message names both.</exception>
    public void Validate()
    {
        Require.Known("kind of head", Kind, nameof(Kind));
        Require.Known("pooling", Pooling);
        Require.Known("activation of the pooler", PoolerActivation, nameof(PoolerActivation));
        Require.That(!Pooler || IsOfText, $"a head of kind {Kind} has a pooler, which is for one prediction about a whole text", nameof(Pooler));
        Require.Between("n-grams", NGrams, 0, MaxNGrams, nameof(NGrams));
        Require.That(NGrams == 0 || IsOfText, $"a head of kind {Kind} has n-grams, which are for one prediction about a whole text", nameof(NGrams));
        Require.Known("alignment", Alignment);
        Require.Known("scheme", Scheme);
        Require.Known("label layer", LabelLayer);
        Require.Between("delay", Delay, 0, 1024);
        Require.Listed("labels", Labels);
        Require.That(NGrams == 0 || Labels.Count <= MostNGramLabels, $"a head with {Labels.Count} labels has n-grams, which are for at most {MostNGramLabels} labels", nameof(NGrams));
        bool isNamed = Kind is not (HeadKind.Number or HeadKind.Spans);
        Require.That(isNamed || Labels.Count == 0, $"a head of kind {Kind} has {Labels.Count} labels, but must have none", nameof(Labels));
        Require.That(!isNamed || Labels.Count is >= 1 and <= MaxLabels, $"a head of kind {Kind} has {Labels.Count} labels, but must have 1 to {MaxLabels}", nameof(Labels));
        Require.That(Labels.Distinct(StringComparer.Ordinal).Count() == Labels.Count, "two labels of the head are equal, but each must be there once", nameof(Labels));
        Require.That(
            LabelLayer == LabelLayer.Softmax || (Kind == HeadKind.Tags && Labels.Count <= Crf.MaxLabels),
            $"the label layer is {LabelLayer}, which is for at most {Crf.MaxLabels} labels of words, but the head is of kind {Kind} with {Labels.Count} labels", nameof(LabelLayer));
        if (WholeWords is not null)
        {
            Require.Listed("whole words", WholeWords);
            Require.That(Kind == HeadKind.Tags, $"a head of kind {Kind} has whole words, which are for labels of words", nameof(WholeWords));
            Require.That(WholeWords.Count <= MaxWholeWords, $"there are {WholeWords.Count} whole words, but at most {MaxWholeWords} are accepted", nameof(WholeWords));
            Require.That(WholeWords.All(word => word.Length <= LongestWholeWord), $"a whole word has more than {LongestWholeWord} characters", nameof(WholeWords));
        }

        Require.Positive("number scale", NumberScale);
        Require.That(double.IsFinite(NumberMean), "number mean must be finite", nameof(NumberMean));
    }
}
