namespace TransformerXL.Files;

/// <summary>Names and sizes of the element types.</summary>
internal static class SafetensorsTypes
{
    public static int SizeOf(SafetensorsType type) => type switch
    {
        SafetensorsType.F64 or SafetensorsType.I64 => 8,
        SafetensorsType.F32 or SafetensorsType.I32 => 4,
        SafetensorsType.F16 or SafetensorsType.BF16 or SafetensorsType.I16 => 2,
        SafetensorsType.I8 or SafetensorsType.U8 or SafetensorsType.BOOL => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type of safetensors."),
    };

    public static string NameOf(SafetensorsType type) => type switch
    {
        SafetensorsType.F64 => "F64",
        SafetensorsType.F32 => "F32",
        SafetensorsType.F16 => "F16",
        SafetensorsType.BF16 => "BF16",
        SafetensorsType.I64 => "I64",
        SafetensorsType.I32 => "I32",
        SafetensorsType.I16 => "I16",
        SafetensorsType.I8 => "I8",
        SafetensorsType.U8 => "U8",
        SafetensorsType.BOOL => "BOOL",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type of safetensors."),
    };

    public static bool IsFloatingPoint(SafetensorsType type) =>
        type is SafetensorsType.F64 or SafetensorsType.F32 or SafetensorsType.F16 or SafetensorsType.BF16;

    public const string All = "F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL";

    public static bool TryParse(string name, out SafetensorsType type)
    {
        SafetensorsType? found = name switch
        {
            "F64" => SafetensorsType.F64,
            "F32" => SafetensorsType.F32,
            "F16" => SafetensorsType.F16,
            "BF16" => SafetensorsType.BF16,
            "I64" => SafetensorsType.I64,
            "I32" => SafetensorsType.I32,
            "I16" => SafetensorsType.I16,
            "I8" => SafetensorsType.I8,
            "U8" => SafetensorsType.U8,
            "BOOL" => SafetensorsType.BOOL,
            _ => null,
        };
        type = found ?? default;
        return found is not null;
    }
}
