"""AWS Bedrock's wire format, Converse."""

from providers.dialects.bedrock.dialect import Bedrock

__all__ = ["Bedrock"]
