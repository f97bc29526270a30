namespace TransformerXL.Interchange.PyTorch;

/// <summary>An object whose class this library does not know: a name and data.</summary>
internal sealed class TorchInstance(string className)
{
    public string ClassName => className;

    /// <summary>The state that the pickle gives to the object: a dictionary, or a dictionary and one of slots.</summary>
    public TorchValue? State { get; set; }

    public TorchDictionary? Attributes
    {
        get
        {
            TorchValue? state = State is { Kind: TorchValueKind.Tuple, Items: [TorchValue first, ..] } ? first : State;
            return state?.TryDictionary();
        }
    }
}
