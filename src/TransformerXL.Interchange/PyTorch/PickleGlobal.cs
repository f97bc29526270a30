namespace TransformerXL.Interchange.PyTorch;

/// <summary>What a known name in a pickle means.</summary>
internal enum PickleGlobal
{
    /// <summary>A name and nothing else; calling it is refused.</summary>
    Constant,

    /// <summary>Makes a dictionary: empty, from a dictionary, or from a list of pairs.</summary>
    Dictionary,

    /// <summary>Makes an empty dictionary from the name of a class.</summary>
    DefaultDictionary,

    /// <summary>Makes a set from a list.</summary>
    Set,

    /// <summary>Takes a tuple as it is.</summary>
    Size,

    /// <summary>Makes a tensor from a storage, an offset, a shape and strides.</summary>
    Tensor,

    /// <summary>Takes a tensor as it is.</summary>
    Parameter,

    /// <summary>Bytes that protocol 2 wrote as text.</summary>
    Encode,

    /// <summary>An object of protocols 0 and 1: its class is the first argument.</summary>
    Reconstructor,

    /// <summary>Something that is only described, like a device: becomes an object with its arguments as state.</summary>
    Description,
}
