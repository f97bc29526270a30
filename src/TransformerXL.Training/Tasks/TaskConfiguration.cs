using System.Text.Json.Serialization;
using TransformerXL.Heads;
using TransformerXL.Training.Examples;

namespace TransformerXL.Training.Tasks;

/// <summary>A task on examples and how a model is trained for it: the section <c>task</c> of <c>config.json</c>.</summary>
public sealed record TaskConfiguration
{
    /// <summary>The task.</summary>
    public TaskKind Kind { get; init; }

    /// <summary>How the files of the examples are read; null for what their names and contents say.</summary>
    public ExampleOptions? Examples { get; init; }

    /// <summary>How the hidden states of a text become one vector. For classification.</summary>
    public HeadPooling Pooling { get; init; }

    /// <summary>Whether a linear map and tanh follow the pooling, as they always do with <see cref="HeadPooling.First"/>. For classification.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Pooler { get; init; }

    /// <summary>The longest n-grams of tokens of a linear model beside the hidden states, see <see cref="HeadConfiguration.NGrams"/>; 0 for none. For classification.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int NGrams { get; init; }

    /// <summary>Tokens that the model reads after a word before it predicts the label, or after a token before it predicts an end of an answer. For labels and answers.</summary>
    public int Delay { get; init; }

    /// <summary>Which token of a word its label is read at. For labels.</summary>
    public PieceAlignment Alignment { get; init; }

    /// <summary>How the labels of words depend on each other. For labels.</summary>
    public LabelLayer LabelLayer { get; init; }

    /// <summary>
    /// Segments that the gradient goes through: the last ones of a text for classification; for labels and answers so many before each are connected
    /// to it. The segments before are only remembered.
    /// </summary>
    public int SegmentsWithGradient { get; init; } = 2;

    /// <summary>Whether the weights of the model stay as they are, and the head alone learns.</summary>
    public bool FreezesBody { get; init; }

    /// <summary>What the learning rate is multiplied by for each layer further from the head (Howard and Ruder 2018, section 3.2); 1 for the same everywhere.</summary>
    public double LayerDecay { get; init; } = 1;

    /// <summary>What the loss of predicting the next token is multiplied by and added to that of the task (Radford et al. 2018, section 3.2); 0 for none.</summary>
    public double LanguageModelWeight { get; init; }

    /// <summary>Whether rare labels weigh more, in inverse proportion to their number in the training examples.</summary>
    public bool BalancesLabels { get; init; }

    /// <summary>The share of the target that is spread over all labels (Szegedy et al. 2016, section 7); 0 for none. For one label, and for words.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>The metric that chooses the best checkpoint and ends the training early; null for what is usual for the task.</summary>
    public string? Metric { get; init; }

    /// <summary>Whether every token may have a target, and not the text as a whole.</summary>
    internal bool HasTargetsOfTokens => Kind != TaskKind.Classify;

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside what is allowed; the message names both.</exception>
    public void Validate()
    {
        Require.Known("task", Kind, nameof(Kind));
        Require.Known("pooling", Pooling);
        Require.Known("alignment", Alignment);
        Require.Known("label layer", LabelLayer);
        Require.Between("delay", Delay, 0, 1024);
        Require.Between("segments with gradient", SegmentsWithGradient, 1, 1 << 20);
        Require.That(LayerDecay is > 0 and <= 1, FormattableString.Invariant($"layer decay is {LayerDecay}, but must be above 0 and at most 1"), nameof(LayerDecay));
        Require.NotNegative("weight of the language model", LanguageModelWeight, nameof(LanguageModelWeight));
        Require.Probability("label smoothing", LabelSmoothing);
        Require.That(!FreezesBody || (LanguageModelWeight == 0 && LayerDecay == 1), "the body is frozen, so that neither a loss of the language model nor a decay of its learning rates means anything", nameof(FreezesBody));
        Require.That(Delay == 0 || Kind != TaskKind.Classify, $"delay is {Delay}, but a class is predicted after the whole text", nameof(Delay));
        Require.That(!Pooler || Kind == TaskKind.Classify, $"pooler is true, which is for a prediction about a whole text, but the task is {Kind}", nameof(Pooler));
        Require.Between("n-grams", NGrams, 0, HeadConfiguration.MaxNGrams, nameof(NGrams));
        Require.That(NGrams == 0 || Kind == TaskKind.Classify, $"n-grams are {NGrams}, which are for a prediction about a whole text, but the task is {Kind}", nameof(NGrams));
        ValidateLabelLayer();
        if (Examples is not null)
        {
            Require.Within("examples", Examples.Validate);
        }
    }

    private void ValidateLabelLayer()
    {
        if (LabelLayer == LabelLayer.Softmax)
        {
            return;
        }

        Require.That(Kind == TaskKind.Label, $"label layer is {LabelLayer}, which predicts the labels of words, but the task is {Kind}", nameof(LabelLayer));
        Require.That(LabelSmoothing == 0, FormattableString.Invariant($"label smoothing is {LabelSmoothing}, but must be 0 with label layer {LabelLayer}, which learns label sequences as a whole"), nameof(LabelSmoothing));
        Require.That(!BalancesLabels, $"labels cannot be balanced with label layer {LabelLayer}, which learns label sequences as a whole", nameof(BalancesLabels));
    }
}
