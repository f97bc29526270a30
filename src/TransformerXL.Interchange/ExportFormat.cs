namespace TransformerXL.Interchange;

/// <summary>The layouts that a model can be exported in.</summary>
public enum ExportFormat
{
    /// <summary>
    /// The layout of Hugging Face's library: <c>config.json</c>, <c>model.safetensors</c>. For a Transformer-XL with ReLU and without a final LayerNorm it is
    /// TransfoXL's, for an encoder that of BERT, RoBERTa, XLM-RoBERTa, DistilBERT or XLNet.
    /// </summary>
    HuggingFace,

    /// <summary>
    /// The names of the reference implementation: <c>config.json</c>, <c>weights.safetensors</c>. For every model that
    /// predicts the next token, except GRUs, plain recurrent networks, and LSTMs with a projection.
    /// </summary>
    Reference,
}
