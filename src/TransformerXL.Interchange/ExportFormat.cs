namespace TransformerXL.Interchange;

/// <summary>The layouts that a model can be exported in.</summary>
public enum ExportFormat
{
    /// <summary>Hugging Face's TransfoXL: <c>config.json</c>, <c>model.safetensors</c>. Only for models that this layout can represent.</summary>
    HuggingFace,

    /// <summary>The names of the reference implementation: <c>config.json</c>, <c>weights.safetensors</c>. For every model.</summary>
    Reference,
}
