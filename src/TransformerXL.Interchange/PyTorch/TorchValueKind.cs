namespace TransformerXL.Interchange.PyTorch;

/// <summary>What a value of a pickle is.</summary>
public enum TorchValueKind
{
    /// <summary>Python's <c>None</c>.</summary>
    None,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A whole number of any size.</summary>
    WholeNumber,

    /// <summary>A floating-point number.</summary>
    Number,

    /// <summary>Unicode text.</summary>
    Text,

    /// <summary>Bytes.</summary>
    Bytes,

    /// <summary>A list.</summary>
    List,

    /// <summary>A tuple, also <c>torch.Size</c>.</summary>
    Tuple,

    /// <summary>A set or a frozen set.</summary>
    Set,

    /// <summary>A dictionary of any kind, also <c>OrderedDict</c> and <c>Counter</c>.</summary>
    Dictionary,

    /// <summary>A tensor or a parameter.</summary>
    Tensor,

    /// <summary>A storage: the numbers that tensors are views of.</summary>
    Storage,

    /// <summary>The name of a class, a function or a constant, for example <c>torch.float32</c>.</summary>
    Symbol,

    /// <summary>An object of any other class: its name and attributes as data.</summary>
    Instance,
}
