namespace TransformerXL.Training.Masking;

/// <summary>What a model learns of two texts beside their masked tokens, from the state of <c>[CLS]</c>.</summary>
public enum SecondObjective
{
    /// <summary>Nothing (Liu et al. 2019).</summary>
    None,

    /// <summary>Whether the second text follows the first one or comes from another place (Devlin et al. 2019).</summary>
    NextSentence,

    /// <summary>Whether two consecutive texts are in their order or exchanged (Lan et al. 2020).</summary>
    SentenceOrder,
}
