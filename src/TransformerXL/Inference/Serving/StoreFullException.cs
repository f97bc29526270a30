namespace TransformerXL.Inference.Serving;

/// <summary>The store has reached its budget.</summary>
public sealed class StoreFullException : IOException
{
    /// <summary>Creates the exception.</summary>
    public StoreFullException(string message)
        : base(message)
    {
    }
}
