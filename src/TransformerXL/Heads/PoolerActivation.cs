namespace TransformerXL.Heads;

/// <summary>The activation of the pooler of a head that reads the first token's state.</summary>
public enum PoolerActivation
{
    /// <summary>tanh, as in BERT and RoBERTa.</summary>
    Tanh,

    /// <summary>max(0, x), as in DistilBERT.</summary>
    Relu,
}
