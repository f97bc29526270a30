namespace TransformerXL.Training.Tasks;

/// <summary>What a model is trained to predict from examples.</summary>
public enum TaskKind
{
    /// <summary>One label, several labels, or a number of each text.</summary>
    Classify,

    /// <summary>A label of each word.</summary>
    Label,

    /// <summary>The span of a text that answers a question.</summary>
    Answer,
}
